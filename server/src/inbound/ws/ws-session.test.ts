import { beforeEach, describe, expect, test } from "bun:test";
import { FakeFeed } from "../../../test/streams/fake-feed.ts";
import { type MetricsLog, metricsLog } from "../../../test/streams/metrics-log.ts";
import { ManualClock, settled } from "../../../test/support/manual-clock.ts";
import type { Principal } from "../../auth/principal.ts";
import { PositionLost } from "../../feed/feed-reader.ts";
import type { InvocationResult } from "../../host/pipeline.ts";
import { ProblemError } from "../../host/problem.ts";
import type { ClientSocket } from "../../host/socket.ts";
import { OpenStreams } from "../streams/open-streams.ts";
import { WsSession } from "./ws-session.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into messages field by field and check what they find
type Message = any;

/** A client that reads everything, until it is told to stop. */
class FakeSocket implements ClientSocket {
  readonly messages: Message[] = [];
  readonly #session: WsSession;
  pings = 0;
  closed: number | null = null;
  isReading = true;
  bufferedBytes = 0;

  constructor(session: WsSession) {
    this.#session = session;
  }

  send(text: string): boolean {
    this.messages.push(JSON.parse(text));
    if (this.isReading) return true;
    this.bufferedBytes += text.length;
    return false;
  }

  ping(): void {
    this.pings += 1;
  }

  close(code: number): void {
    this.closed ??= code;
    this.#session.closed();
  }

  /** What came since the last call, without the welcome. */
  take(): Message[] {
    return this.messages.splice(0).filter(({ type }) => type !== "welcome");
  }

  readAll(): void {
    this.isReading = true;
    this.bufferedBytes = 0;
    this.#session.drained();
  }
}

const principal: Principal = { keyId: "key_1", name: "a till", role: "writer" };
let clock: ManualClock;
let feed: FakeFeed;
let log: MetricsLog;
let streams: OpenStreams;
let socket: FakeSocket;
let session: WsSession;
let isRevoked: boolean;
let refreshed: () => void;
let answers: PromiseWithResolvers<InvocationResult>[];

beforeEach(() => {
  clock = new ManualClock();
  feed = new FakeFeed(clock);
  log = metricsLog();
  isRevoked = false;
  answers = [];
  const current = (): Principal | null => (isRevoked ? null : principal);
  const onRefreshed = (listener: () => void): (() => void) => {
    refreshed = listener;
    return () => {};
  };
  streams = new OpenStreams(1, log.metrics, { current, onRefreshed }, () => 0.5);
  session = newSession();
  socket = new FakeSocket(session);
  session.opened(socket);
});

function newSession(): WsSession {
  return new WsSession(
    {
      ...feed.access,
      streams,
      streamMetrics: log.metrics,
      clock,
      keyring: { current: () => (isRevoked ? null : principal) },
      invoke: () => {
        const answer = Promise.withResolvers<InvocationResult>();
        answers.push(answer);
        return answer.promise;
      },
      explain: (error) => (error instanceof ProblemError ? error : new ProblemError("internal", String(error))),
      random: () => 0.5,
    },
    principal,
  );
}

/** Sends a message and lets everything that follows at once happen. */
async function send(message: object): Promise<Message[]> {
  session.received(JSON.stringify(message));
  await settled();
  return socket.take();
}

const command = (id: string): object => ({ type: "command", id, operation: "adjustInventory", body: {} });
const subscribe = (fields: object = {}): object => ({ type: "subscribe", id: "s", ...fields });

describe("the heartbeat", () => {
  test("pings every ten seconds and gives up after two that nobody answered", async () => {
    await clock.pass(20_000);
    expect(socket.pings).toBe(2);
    expect(socket.closed).toBeNull();
    await clock.pass(10_000);
    expect(socket.closed).toBe(4408);
    expect(clock.timers).toBe(0);
  });

  test.each([
    ["a pong", () => session.ponged()],
    ["any message", () => session.received('{"type":"ping"}')],
  ])("counts %s as a sign of life", async (_name, live) => {
    for (let beat = 0; beat < 10; beat++) {
      await clock.pass(20_000);
      live();
    }
    expect(socket.closed).toBeNull();
  });
});

describe("a client that does not read", () => {
  test("is sent no more than it was sent already", async () => {
    await send(subscribe());
    socket.isReading = false;
    feed.add(1_000, 1_000);
    await settled();
    const sent = socket.take().flatMap(({ events }) => events).length;
    expect(sent).toBeWithin(60, 65);
    feed.add(1_000, 1_000);
    await settled();
    expect(socket.take()).toEqual([]);
    expect(await log.value("onhand_stream_buffered_bytes")).toBe(socket.bufferedBytes);
    socket.readAll();
    await settled();
    expect(socket.take().flatMap(({ events }) => events)).toHaveLength(2_000 - sent);
    await clock.pass(9_000);
    expect(socket.closed).toBeNull();
    expect(await log.value("onhand_stream_buffered_bytes")).toBe(0);
  });

  test("is told after five seconds where to go on, and closed two seconds later", async () => {
    await send(subscribe());
    socket.isReading = false;
    feed.add(100, 1_000);
    await settled();
    const { cursor } = socket.take().at(-1);
    await clock.pass(4_999);
    expect(socket.take()).toEqual([]);
    await clock.pass(1);
    expect(socket.take()).toEqual([
      { type: "closing", reason: "slow_reader", retryMs: 3000, subscriptions: [{ id: "s", cursor }] },
    ]);
    expect(socket.closed).toBeNull();
    await clock.pass(2_000);
    expect(socket.closed).toBe(4409);
    expect(await log.value("onhand_stream_closes_total", { reason: "slow_reader" })).toBe(1);
    expect([clock.timers, feed.open]).toEqual([0, 0]);
  });

  test("is closed at once when it reads its last words", async () => {
    await send(subscribe());
    socket.isReading = false;
    feed.add(100, 1_000);
    await clock.pass(5_000);
    socket.readAll();
    expect(socket.closed).toBe(4409);
  });

  test("is closed as soon as too much is buffered, whatever it is", async () => {
    socket.isReading = false;
    for (let index = 0; index < 30; index++) session.received(JSON.stringify(command(`c${index}`)));
    for (const answer of answers)
      answer.resolve({ status: 200, headers: {}, json: JSON.stringify("x".repeat(50_000)) });
    await settled();
    expect(socket.take().filter(({ type }) => type === "closing")).toMatchObject([{ reason: "slow_reader" }]);
    await clock.pass(2_000);
    expect(socket.closed).toBe(4409);
  });

  test("that reads a little is given time", async () => {
    await send(subscribe());
    socket.isReading = false;
    feed.add(100, 1_000);
    for (let second = 0; second < 20; second++) {
      await clock.pass(4_000);
      session.ponged();
      session.drained();
    }
    expect(socket.closed).toBeNull();
  });
});

describe("an end", () => {
  test("waits for answers under way, and takes nothing in any more", async () => {
    await send(subscribe());
    await send(command("a"));
    session.end("shutdown", 7_000);
    expect(socket.take()).toMatchObject([{ type: "closing", reason: "shutdown", retryMs: 7_000 }]);
    expect(await send(command("b"))).toEqual([]);
    expect(answers).toHaveLength(1);
    expect(socket.closed).toBeNull();
    answers[0]!.resolve({ status: 200, headers: { etag: '"1"' }, json: "{}" });
    await settled();
    expect(socket.take()).toMatchObject([{ type: "result", id: "a", status: 200, headers: { etag: '"1"' } }]);
    expect(socket.closed).toBe(1001);
    expect(await log.value("onhand_streams_open")).toBe(0);
  });

  test("does not wait longer than two seconds", async () => {
    await send(command("a"));
    session.end("shutdown", 1_000);
    await clock.pass(1_999);
    expect(socket.closed).toBeNull();
    await clock.pass(1);
    expect(socket.closed).toBe(1001);
    answers[0]!.resolve({ status: 200, headers: {}, json: "{}" });
    await settled();
    expect(socket.take().filter(({ type }) => type === "result")).toEqual([]);
  });

  test("comes when the key is found revoked, or a command finds it so", async () => {
    isRevoked = true;
    refreshed();
    expect(socket.take()).toMatchObject([{ type: "closing", reason: "revoked" }]);
    expect(socket.closed).toBe(4401);
    isRevoked = false;
    session = newSession();
    socket = new FakeSocket(session);
    session.opened(socket);
    isRevoked = true;
    expect(await send(command("a"))).toMatchObject([{ type: "closing", reason: "revoked" }]);
    expect(answers).toEqual([]);
  });

  test("frees everything when the client goes, also what was being opened", async () => {
    session.received(JSON.stringify(subscribe()));
    session.closed();
    await clock.pass(60_000);
    expect([feed.open, clock.timers]).toEqual([0, 0]);
    expect(await log.value("onhand_stream_closes_total", { reason: "client" })).toBe(1);
  });
});

describe("a subscription", () => {
  test("is told its place once it has caught up, then every five seconds while only that moves", async () => {
    expect(await send(subscribe())).toMatchObject([{ type: "subscribed" }, { type: "progress" }]);
    await clock.pass(20_000);
    session.ponged();
    expect(socket.take()).toEqual([]);
    feed.add(1, 10, false);
    await clock.pass(5_000);
    expect(socket.take()).toEqual([{ type: "progress", id: "s", cursor: feed.cursorAt(1), caughtUp: true }]);
    for (let second = 0; second < 20; second++) {
      feed.add(1, 10, false);
      await clock.pass(1_000);
      session.ponged();
    }
    expect(socket.take().length).toBeWithin(3, 5);
  });

  test("whose read fails goes on where it was", async () => {
    await send(subscribe());
    feed.failure = new Error("the database is away");
    feed.add(1);
    await clock.pass(5_000);
    feed.add(1);
    await clock.pass(1_000);
    const events = socket.take().flatMap(({ events = [] }) => events);
    expect(events.map(({ sequence }: Message) => sequence)).toEqual([1, 2]);
    expect(await log.value("onhand_stream_read_failures_total")).toBe(1);
  });

  test("whose place is lost ends with a problem, and may begin anew", async () => {
    await send(subscribe({ id: "other" }));
    feed.failure = new PositionLost("the place is past retention", {
      epoch: 1,
      positions: [0],
      check: new Uint8Array(8),
    });
    const [subscribed, error] = await send(subscribe());
    expect(subscribed).toMatchObject({ type: "subscribed" });
    expect(error).toMatchObject({
      type: "error",
      id: "s",
      problem: { code: "cursor_expired", snapshot: "/v1/inventory" },
    });
    expect((await send(subscribe()))[0]).toMatchObject({ type: "subscribed", id: "s" });
  });

  test("with a window of one goes event by event, and a told place acknowledges what came before it", async () => {
    feed.add(3);
    const messages = await send(subscribe({ cursor: feed.cursorAt(0), ackWindow: 1 }));
    expect(messages).toMatchObject([{ type: "subscribed" }, { events: [{ sequence: 1 }] }]);
    expect(await send({ type: "ack", id: "s", cursor: feed.cursorAt(1) })).toMatchObject([
      { events: [{ sequence: 2 }] },
    ]);
    expect(await send({ type: "ack", id: "s", cursor: feed.cursorAt(1) })).toEqual([]);
    expect(await send({ type: "ack", id: "s", cursor: feed.cursorAt(2) })).toMatchObject([
      { events: [{ sequence: 3 }] },
    ]);
    expect(await send({ type: "ack", id: "s", cursor: feed.cursorAt(3) })).toMatchObject([{ type: "progress" }]);
  });

  test("that is ended sends nothing after that", async () => {
    await send(subscribe());
    feed.add(1);
    expect(await send({ type: "unsubscribe", id: "s" })).toMatchObject([{ type: "unsubscribed", id: "s" }]);
    feed.add(1);
    await settled();
    expect(socket.take()).toEqual([]);
    expect(feed.open).toBe(0);
  });
});

test("a connection beyond the limit is closed at once", async () => {
  const second = newSession();
  const other = new FakeSocket(second);
  second.opened(other);
  expect([other.closed, other.messages]).toEqual([1013, []]);
  expect(await log.value("onhand_stream_refusals_total")).toBe(1);
  expect(await log.value("onhand_streams_open")).toBe(1);
});
