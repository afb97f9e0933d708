import { afterEach, beforeEach, expect, test } from "bun:test";
import { openBystander } from "../faults/database-faults.ts";
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

test("when all commits wait for 10 seconds, each change still comes once and in order", async () => {
  const urls = () => world.urls;
  const place = await quietPlace(world);
  readers = Array.from(
    { length: 28 },
    (_, seed) => new LiveReader({ urls, transports: everyTransport, seed, ...place }),
  );
  const writes = new PacedWrites({ urls, ...stock, linesPerRequest: 5, requestsPerSecond: 40 });
  const bystander = await openBystander(world.database);
  for (const [heads, seconds] of [
    ["partition % 2 = 0", 3],
    ["true", 10],
  ] as const) {
    await writes.afterChanges(100);
    await bystander.run(
      `BEGIN; SELECT FROM partition_head WHERE ${heads} ORDER BY partition FOR UPDATE; SELECT pg_sleep(${seconds}); ROLLBACK`,
    );
  }
  await writes.afterChanges(100);
  await bystander.end();
  const changes = await writes.finish();
  await expectAtLevels(readers, world.urls[0]!, 20_000);
  for (const { fold, ends } of readers) expect([fold.eventCount, ends]).toEqual([changes, []]);
}, 90_000);
