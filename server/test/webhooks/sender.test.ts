/** The sender against receivers that misbehave, and against addresses that it must not connect to. */
import { afterEach, describe, expect, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { type Resolve, TargetGuard } from "../../src/webhooks/address/target-guard.ts";
import { Sender, sendLimits } from "../../src/webhooks/send/sender.ts";
import { certificate } from "./certificate.ts";
import { answerWith, Receiver } from "./receiver.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

interface Setting {
  readonly allowsPrivate?: boolean;
  readonly resolve?: Resolve;
  readonly clock?: Clock;
  readonly ca?: string;
}

const never = new AbortController().signal;
const nobody: Resolve = async (host) => {
  throw new Error(`${host} is not known`);
};

function makeSender({ allowsPrivate = true, resolve = nobody, clock = systemClock, ca }: Setting = {}): Sender {
  const guard = new TargetGuard({ allowsPrivate, resolve });
  const sender = new Sender({ guard, clock, userAgent: "Onhand/test", ...(ca === undefined ? {} : { ca }) });
  cleanUps.push(() => sender.close());
  return sender;
}

async function startReceiver(options: Parameters<typeof Receiver.start>[0] = {}): Promise<Receiver> {
  const receiver = await Receiver.start(options);
  cleanUps.push(() => receiver.stop());
  return receiver;
}

/** Says what it is told to, byte by byte, whatever it is asked. */
async function startRaw(onConnection: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    cleanUps.push(() => socket.destroy());
    onConnection(socket);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  cleanUps.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
}

/** A clock whose long waits are over at once, so that nobody waits 15 seconds for a time limit. */
const hurried = (limitMs: number): Clock => ({
  ...systemClock,
  after: (delayMs, callback) => systemClock.after(delayMs === limitMs ? 100 : delayMs, callback),
});

const event = (url: string) => ({
  url,
  headers: { "content-type": "application/json", "webhook-id": "e1" },
  body: "{}",
});

describe("what comes of a try", () => {
  test("a 2xx is success; the request is whole", async () => {
    const receiver = await startReceiver();
    const sent = await makeSender().send({ ...event(`${receiver.url}?a=1`), body: "größer" }, never);
    expect(sent).toMatchObject({ outcome: "delivered", status: 204, detail: null, response: null });
    expect(receiver.received).toMatchObject([
      {
        method: "POST",
        path: "/hooks?a=1",
        body: "größer",
        headers: { host: `127.0.0.1:${receiver.port}`, "webhook-id": "e1", "user-agent": "Onhand/test" },
      },
    ]);
  });

  test.each([
    [400, "refused"],
    [401, "refused"],
    [410, "gone"],
    [429, "refused"],
    [500, "refused"],
    [503, "refused"],
    [304, "redirected"],
  ])("%d is %s", async (status, outcome) => {
    const receiver = await startReceiver();
    receiver.answer = answerWith(status, {}, status === 304 ? "" : "no");
    expect(await makeSender().send(event(receiver.url), never)).toMatchObject({ outcome, status });
  });

  test.each([301, 302, 303, 307, 308])("a redirect by %d is refused: nobody goes where it leads", async (status) => {
    const [receiver, inside] = [await startReceiver(), await startReceiver()];
    receiver.answer = answerWith(status, { location: inside.url });
    expect(await makeSender().send(event(receiver.url), never)).toMatchObject({ outcome: "redirected", status });
    expect(inside.connections).toBe(0);
  });

  test.each([
    ["120", 120_000],
    ["nonsense", null],
    [new Date(Date.now() + 90_500).toUTCString(), expect.any(Number)],
  ])("Retry-After: %s is told", async (value, retryAfterMs) => {
    const receiver = await startReceiver();
    receiver.answer = answerWith(503, { "retry-after": value });
    expect((await makeSender().send(event(receiver.url), never)).retryAfterMs).toEqual(retryAfterMs);
  });

  test("of a huge answer one KiB is kept", async () => {
    const receiver = await startReceiver();
    receiver.answer = answerWith(500, {}, "x".repeat(5_000_000));
    const { status, response } = await makeSender().send(event(receiver.url), never);
    expect(status).toBe(500);
    expect(response).toHaveLength(1024);
  });

  test("nobody there is unreachable", async () => {
    const receiver = await startReceiver();
    const { url } = receiver;
    await receiver.stop();
    expect(await makeSender().send(event(url), never)).toMatchObject({ outcome: "unreachable", status: null });
  });

  test("an endpoint that never answers is timed out", async () => {
    const url = await startRaw(() => {});
    const sent = await makeSender({ clock: hurried(sendLimits.totalMsMax) }).send(event(url), never);
    expect(sent).toMatchObject({ outcome: "timed_out", status: null, response: null });
  });

  test("an endpoint that drips its body has answered all the same", async () => {
    const url = await startRaw((socket) =>
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na")),
    );
    const sent = await makeSender({ clock: hurried(sendLimits.totalMsMax) }).send(event(url), never);
    expect(sent).toMatchObject({ outcome: "delivered", status: 200, response: "a" });
  });

  test("what is no HTTP is a bad answer", async () => {
    const url = await startRaw((socket) => socket.write("220 mail.example.com ESMTP\r\n\r\n"));
    expect(await makeSender().send(event(url), never)).toMatchObject({ outcome: "bad_answer", status: null });
  });

  test("a name that cannot be resolved in time is timed out", async () => {
    const sender = makeSender({ clock: hurried(sendLimits.totalMsMax), resolve: () => new Promise(() => {}) });
    expect(await sender.send(event("http://slow.example.test/"), never)).toMatchObject({ outcome: "timed_out" });
  });

  test("whoever gives a delivery up gets its end at once", async () => {
    const url = await startRaw(() => {});
    const abort = new AbortController();
    const sending = makeSender().send(event(url), abort.signal);
    abort.abort();
    expect((await sending).outcome).toBe("timed_out");
  });
});

describe("connections", () => {
  test("are used again", async () => {
    const receiver = await startReceiver();
    const sender = makeSender();
    for (let index = 0; index < 5; index++) await sender.send(event(receiver.url), never);
    expect(receiver).toMatchObject({ connections: 1, received: { length: 5 } });
  });

  test("one that was closed while idle costs no try", async () => {
    let answered = 0;
    const url = await startRaw((socket) =>
      socket.on("data", () => {
        // The second request on a connection is met by its end.
        if (socket.bytesWritten > 0) socket.destroy();
        else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        answered += 1;
      }),
    );
    const sender = makeSender();
    await sender.send(event(url), never);
    expect(await sender.send(event(url), never)).toMatchObject({ outcome: "delivered" });
    expect(answered).toBe(3);
  });
});

describe("over TLS", () => {
  const resolve: Resolve = async () => ["127.0.0.1"];
  const secure = async (host: string, ca?: string) => {
    const receiver = await startReceiver({ isTls: true });
    const sender = makeSender(ca === undefined ? { resolve } : { resolve, ca });
    const sent = await sender.send(event(`https://${host}:${receiver.port}/`), never);
    return { sent, receiver };
  };

  test("the name is told and verified, though the address is connected to", async () => {
    const { sent, receiver } = await secure("hooks.example.test", certificate);
    expect(sent.outcome).toBe("delivered");
    expect(receiver.received[0]!.headers.host).toBe(`hooks.example.test:${receiver.port}`);
  });

  test.each([
    ["another host's certificate", "other.example.test", certificate],
    ["a certificate that nobody vouches for", "hooks.example.test", undefined],
  ])("%s is refused before anything is sent", async (_what, host, ca) => {
    const { sent, receiver } = await secure(host, ca);
    expect(sent.outcome).toBe("unreachable");
    expect(receiver.received).toEqual([]);
  });
});
