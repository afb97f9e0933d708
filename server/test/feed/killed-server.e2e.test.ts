import { afterEach, beforeEach, expect, test } from "bun:test";
import { startServer } from "../support/server-process.ts";
import { LiveReader } from "./live-reader.ts";
import { PacedWrites } from "./paced-writes.ts";
import { everyTransport, expectAtLevels, quietPlace, startTwoServers, type TwoServers } from "./two-servers.ts";

const stock = { products: 20, locations: 2 };
let world: TwoServers;
let readers: LiveReader[];

beforeEach(async () => {
  world = await startTwoServers(stock);
});
afterEach(async () => {
  for (const reader of readers) reader.stop();
  await world.close();
});

test("readers of a server that is killed under load go on at the other: nothing is missed, nothing comes twice", async () => {
  const urls = () => world.urls;
  const place = await quietPlace(world);
  readers = Array.from(
    { length: 70 },
    (_, seed) => new LiveReader({ urls, transports: everyTransport, seed, ...place }),
  );
  const writes = new PacedWrites({ urls, ...stock, linesPerRequest: 5, requestsPerSecond: 60 });
  for (let round = 0; round < 4; round++) {
    await writes.afterChanges(250);
    const killed = round % 2;
    expect(await world.servers[killed]!.killHard()).toEqual({ code: null, signal: "SIGKILL" });
    // The next one comes while readers and writers have only the other.
    await writes.afterChanges(100);
    world.servers[killed] = await startServer({ databaseUrl: world.database.target.url });
    world.urls[killed] = world.servers[killed]!.url;
  }
  const changes = await writes.finish();
  await expectAtLevels(readers, world.urls[0]!, 20_000);
  for (const { fold, openCount, ends } of readers) {
    expect([fold.eventCount, openCount > 1]).toEqual([changes, true]);
    // No server refused a cursor of the other.
    expect(ends.flatMap(({ problem }) => problem ?? [])).toEqual([]);
  }
}, 60_000);
