/** Readers that do not read beside others that do. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import type { FeedEvent } from "@onhand/protocol/events";
import { RawClient } from "../streams/raw-client.ts";
import { type ServerProcess, until } from "../support/server-process.ts";
import { apiKey, type LinkEnd } from "./links.ts";
import { LiveReader } from "./live-reader.ts";
import { PacedWrites } from "./paced-writes.ts";
import { type SeenEvent, seenEvent } from "./seen-events.ts";
import { SseLink } from "./sse-link.ts";
import { eachOf, expectAtLevels, quietPlace, startTwoServers, type TwoServers } from "./two-servers.ts";

const stock = { products: 20, locations: 2 };
const counts = { reading: 800, stalledSse: 150, stalledSockets: 50, changes: 5_000 };
/** What 1,000 readers may cost beyond what the server had before, in MiB. */
const growthMibMax = 400;
let world: TwoServers;
const readers: LiveReader[] = [];
const closes: (() => void)[] = [];

beforeEach(async () => {
  world = await startTwoServers(stock);
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.stop();
  for (const close of closes.splice(0)) close();
  await world.close();
});

/** Memory that a process has in use, in MiB. */
async function residentMib({ pid }: ServerProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1_024;
}

async function metric(server: ServerProcess, name: string): Promise<number> {
  const { body } = await server.request<string>("GET", "/metrics");
  const line = body.split("\n").find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}

/** A stream that is opened and then not read. */
class Stalled {
  readonly events: SeenEvent[] = [];
  end: LinkEnd | null = null;
  readonly link: SseLink;

  constructor(url: string, cursor: string) {
    this.link = new SseLink(url, cursor, {
      opened: () => this.link.stopReading(),
      events: (events) => this.events.push(...events),
      place: () => {},
      ended: (end) => {
        this.end = end;
      },
    });
    closes.push(() => this.link.cut());
  }
}

async function stalledSocket(url: string): Promise<RawClient> {
  const client = await RawClient.webSocket(Number(new URL(url).port), apiKey);
  closes.push(() => client.close());
  client.sendMessage({ type: "subscribe", id: "feed" });
  await client.until((text) => text.includes("subscribed"));
  client.stopReading();
  return client;
}

test("200 readers that never read cost little, are ended where they are, and 800 others get everything", async () => {
  const [server, other] = world.servers as [ServerProcess, ServerProcess];
  const place = await quietPlace(world);
  const urls = () => [server.url];
  const following = (index: number) =>
    new LiveReader({ urls, transports: [index % 4 === 0 ? "websocket" : "sse"], seed: 0, ...place });
  await eachOf(Array(counts.reading).fill(null), 50, async (_, index) => {
    const reader = following(index);
    readers.push(reader);
    await until("it follows", () => reader.isOpen);
  });
  const stalled = Array.from({ length: counts.stalledSse }, () => new Stalled(server.url, place.from.cursor));
  const sockets: RawClient[] = [];
  await eachOf(Array(counts.stalledSockets).fill(null), 10, async () => {
    sockets.push(await stalledSocket(server.url));
  });
  const beforeMib = await residentMib(server);
  let mostMib = beforeMib;
  const writes = new PacedWrites({
    urls: () => [server.url, other.url],
    ...stock,
    linesPerRequest: 25,
    requestsPerSecond: 40,
    changesMax: counts.changes,
  });
  const areEnded = async (): Promise<boolean> => {
    mostMib = Math.max(mostMib, await residentMib(server));
    const ended = (transport: string) =>
      metric(server, `onhand_stream_closes_total{transport="${transport}",reason="slow_reader"}`);
    return (await ended("sse")) === counts.stalledSse && (await ended("websocket")) === counts.stalledSockets;
  };
  await until("those that do not read are ended", areEnded, 60_000);
  expect(await writes.whole()).toBe(counts.changes);
  await expectAtLevels(readers, other.url, 60_000);
  expect(readers.flatMap(({ ends }) => ends)).toEqual([]);
  console.log(`memory of the server: ${Math.round(beforeMib)} MiB before, ${Math.round(mostMib)} MiB at most`);
  expect(mostMib - beforeMib).toBeLessThan(growthMibMax);

  const left = [...stalled.map(whatIsLeft), ...sockets.map(whatIsLeftOf)];
  const resumed = (await Promise.all(left)).map(({ events, cursor }) => {
    const from = { items: place.from.items, cursor };
    const reader = new LiveReader({ urls: () => [other.url], transports: ["sse"], seed: 0, ...place, from });
    for (const event of events) reader.fold.take(event);
    readers.push(reader);
    return reader;
  });
  await expectAtLevels(resumed, server.url, 60_000);
  for (const { fold } of resumed) expect(fold.eventCount).toBe(counts.changes);
}, 180_000);

interface Left {
  readonly events: readonly SeenEvent[];
  readonly cursor: string;
}

/**
 * Reads what was on its way to a stream when it was ended. The last words come last, so they are there only when the
 * connection was not given up before: every event has a cursor of its own.
 */
async function whatIsLeft(stalled: Stalled): Promise<Left> {
  stalled.link.readOn();
  await until("the stream ends", () => stalled.end !== null);
  const { events, end } = stalled;
  const cursor = events.at(-1)!.cursor;
  expect(end!.closing ?? { reason: "slow_reader", cursor }).toMatchObject({ reason: "slow_reader", cursor });
  return { events, cursor };
}

/** Reads what was on its way to a socket when it was closed: no last words, but each message has a cursor. */
async function whatIsLeftOf(socket: RawClient): Promise<Left> {
  socket.readOn();
  await socket.until(() => false);
  const messages = [...socket.text.matchAll(/\{"type":"events".*?\],"cursor":"[\w.-]+"\}/g)];
  const batches = messages.map(([text]) => JSON.parse(text) as { events: FeedEvent[]; cursor: string });
  const cursor = batches.at(-1)?.cursor ?? /"subscribed".*?"cursor":"([\w.-]+)"/.exec(socket.text)![1]!;
  return { events: batches.flatMap(({ events }) => events.map(seenEvent)), cursor };
}
