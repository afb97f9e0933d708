import { afterEach, beforeEach, expect, test } from "bun:test";
import { adjust, locationIdOf, productIdOf, stockUp } from "../processes/stock.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type ServerProcess, startServer, stopAll } from "../support/server-process.ts";
import { RawClient } from "./raw-client.ts";
import { openSse, type SseEvent, type SseReader } from "./sse-reader.ts";
import { WsClient } from "./ws-client.ts";

const adminKey = "an-admin-key-for-tests";
let database: TestDatabase;

beforeEach(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  await stopAll();
  await database.close();
});

const start = (settings: Record<string, string> = {}): Promise<ServerProcess> =>
  startServer({ databaseUrl: database.target.url, settings });

const stream = (server: ServerProcess, headers: Record<string, string> = {}): Promise<SseReader> =>
  openSse(`${server.url}/v1/inventory/stream`, adminKey, headers);

const sell = (server: ServerProcess) => adjust(server, productIdOf(0), locationIdOf(0), -1);

/** Reads to the end of a stream. */
async function readAll(reader: SseReader): Promise<SseEvent[]> {
  const events: SseEvent[] = [];
  for (let event = await reader.next(); event !== null; event = await reader.next()) events.push(event);
  return events;
}

test("a reader that is sent away by one server goes on at another, and at the same one after its restart", async () => {
  let [one, other] = await Promise.all([start(), start()]);
  await stockUp(one, 1, 1, 100);
  let reader = await stream(one);
  const seen: string[] = [];
  const written: string[] = [];
  const change = async (server: ServerProcess): Promise<void> => {
    written.push(((await sell(server)) as { movementId: string }).movementId);
  };
  for (let round = 0; round < 4; round++) {
    await change(one);
    await change(other);
    // Some of it is read before the server stops, some never was.
    seen.push(...(await reader.take(1)).map(({ data }) => data.id));
    const [rest, end] = await Promise.all([readAll(reader), one.terminate()]);
    expect(end).toEqual({ code: 0, signal: null });
    seen.push(...rest.filter(({ event }) => event === "message").map(({ data }) => data.id));
    const last = rest.at(-1)!;
    expect(last).toMatchObject({ event: "closing", data: { reason: "shutdown", cursor: last.id } });
    await change(other);
    reader = await stream(other, { "last-event-id": last.id! });
    [one, other] = [other, await start()];
  }
  const total = written.length - seen.length;
  seen.push(...(await reader.take(total)).map(({ data }) => data.id));
  expect(seen).toEqual(written);
  reader.close();
});

test("a server that stops ends every stream with its place, and sends its readers back one by one", async () => {
  const server = await start();
  await stockUp(server, 1, 1, 100);
  const readers = await Promise.all(Array.from({ length: 200 }, () => stream(server)));
  const sockets = await Promise.all(
    Array.from({ length: 50 }, () =>
      WsClient.open(`${server.url}/v1/inventory/ws`, { authorization: `Bearer ${adminKey}` }),
    ),
  );
  for (const socket of sockets) await socket.ask({ type: "subscribe", id: "s" }, "subscribed");
  await sell(server);
  for (const reader of readers) await reader.take(1);
  const ended = Promise.all(readers.map(readAll));
  const closed = Promise.all(sockets.map((socket) => socket.nextOf("closing")));
  // Nobody reads this one; it must not hold up the others nor the end.
  const unread = await RawClient.get(Number(new URL(server.url).port), "/v1/inventory/stream", adminKey);
  unread.stopReading();
  const stopped = server.terminate();
  const last = (await ended).map((events) => events.at(-1)!);
  const words = [...last.map(({ data }) => data), ...(await closed)];
  expect(new Set(words.map(({ reason }) => reason))).toEqual(new Set(["shutdown"]));
  for (const event of last) expect(event).toMatchObject({ event: "closing", id: event.data.cursor });
  for (const socket of sockets) expect(await socket.whenClosed()).toMatchObject({ code: 1001 });
  const delays = words.map(({ retryMs }) => retryMs as number).sort((a, b) => a - b);
  expect(delays[0]).toBeGreaterThanOrEqual(1000);
  expect(delays.at(-1)! - delays[0]!).toBeGreaterThan(700);
  expect(await stopped).toEqual({ code: 0, signal: null });
  unread.close();
});

test("tickets are never logged", async () => {
  const server = await start({ LOG_LEVEL: "debug" });
  const { ticket } = await server.expect<{ ticket: string }>("POST", "/v1/stream-tickets");
  const reader = await openSse(`${server.url}/v1/inventory/stream?ticket=${ticket}`, null);
  await reader.next();
  reader.close();
  await server.terminate();
  expect(server.output).toContain("streamUpdates");
  expect(server.output + server.errors).not.toContain(ticket.slice(4));
});
