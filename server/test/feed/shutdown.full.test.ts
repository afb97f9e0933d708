/** A server that thousands follow is told to stop. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { adjust, locationIdOf, productIdOf } from "../processes/stock.ts";
import { until } from "../support/server-process.ts";
import { LiveReader } from "./live-reader.ts";
import { PacedWrites } from "./paced-writes.ts";
import { eachOf, expectAtLevels, quietPlace, startTwoServers, type TwoServers } from "./two-servers.ts";

const stock = { products: 5, locations: 2 };
const streamsWanted = 5_000;
/** Files that a process needs beside its streams. */
const otherFiles = 500;
/** As the server spreads them: from a second on, over one second for each 500 streams. */
const retry = { msMin: 1_000, spreadMsMin: 1_000, streamsPerSecond: 500 };
let world: TwoServers;
const readers: LiveReader[] = [];

beforeEach(async () => {
  world = await startTwoServers(stock);
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.stop();
  await world.close();
});

/** As many streams as wanted, or as many as this system lets a process have. */
async function streamCount(): Promise<number> {
  const limits = await readFile("/proc/self/limits", "utf8");
  const files = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  const count = Math.min(streamsWanted, files - otherFiles);
  if (count < streamsWanted) console.log(`only ${count} streams: a process may open ${files} files`);
  return count;
}

test("the end of a server with 5,000 streams tells each where to go on and when; all go on at the other", async () => {
  const count = await streamCount();
  const place = await quietPlace(world);
  let urls: readonly string[] = [world.urls[0]!];
  await eachOf(Array(count).fill(null), 100, async (_, index) => {
    const transports = [index % 10 === 0 ? "websocket" : "sse"] as const;
    const reader = new LiveReader({ urls: () => urls, transports, seed: index, ...place, comesBack: false });
    readers.push(reader);
    await until("it follows", () => reader.isOpen);
  });
  // Writing goes on at the other server, so the streams end at different places.
  const writes = new PacedWrites({
    urls: () => [world.urls[1]!],
    ...stock,
    linesPerRequest: 2,
    requestsPerSecond: 5,
  });
  await writes.afterChanges(10);
  const startedAtMs = performance.now();
  expect(await world.servers[0]!.terminate(20_000)).toEqual({ code: 0, signal: null });
  const stoppedMs = performance.now() - startedAtMs;
  await until("every stream has ended", () => readers.every(({ end }) => end !== null), 10_000);
  const closings = readers.map(({ end }) => end!.closing);
  expect(closings.filter((closing) => closing?.reason !== "shutdown")).toEqual([]);
  expect(stoppedMs).toBeLessThan(15_000);

  const spreadMs = Math.max(retry.spreadMsMin, (count / retry.streamsPerSecond) * 1_000);
  const shares = [0, 0, 0, 0];
  for (const closing of closings) {
    const place = (closing!.retryMs - retry.msMin) / spreadMs;
    expect(place).toBeWithin(0, 1.001);
    shares[Math.min(3, Math.floor(place * 4))]! += 1 / count;
  }
  for (const share of shares) expect(share).toBeWithin(0.15, 0.35);

  await writes.afterChanges(10);
  const changes = (await writes.finish()) + 1;
  urls = [world.urls[1]!];
  await eachOf(readers, 100, async (reader) => {
    reader.connect();
    await until("it follows again", () => reader.isOpen);
  });
  await adjust(world.servers[1]!, productIdOf(0), locationIdOf(0), 1);
  await expectAtLevels(readers, world.urls[1]!, 60_000);
  for (const { fold, ends } of readers) expect([fold.eventCount, ends.length]).toEqual([changes, 1]);
}, 180_000);
