/** The epoch is raised and the floor rises while readers follow. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { raiseEpoch } from "../../src/journal/epoch.ts";
import { adjust, locationIdOf, productIdOf } from "../processes/stock.ts";
import { request, runCommand, until } from "../support/server-process.ts";
import type { LinkEnd, Page } from "./links.ts";
import { LiveReader, type Transport } from "./live-reader.ts";
import { PacedWrites } from "./paced-writes.ts";
import { takeSnapshot } from "./snapshot.ts";
import { everyTransport, expectAtLevels, quietPlace, startTwoServers, type TwoServers } from "./two-servers.ts";

const stock = { products: 8, locations: 2 };
/** How long it may take until every stream has been told, wherever it is. */
const toldMsMax = 3_000;
let world: TwoServers;
const readers: LiveReader[] = [];
const urls = () => world.urls;

beforeEach(async () => {
  world = await startTwoServers(stock);
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.stop();
  await world.close();
});

function follow(options: ConstructorParameters<typeof LiveReader>[0]): LiveReader {
  const reader = new LiveReader(options);
  readers.push(reader);
  return reader;
}

/** Two of each transport, one on each server. */
const pairs = (place: Awaited<ReturnType<typeof quietPlace>>): LiveReader[] =>
  (["sse", "websocket", "acknowledging", "poll"] as Transport[]).flatMap((transport) =>
    [0, 1].map((seed) => follow({ urls, transports: [transport], seed, ...place })),
  );

const command = (...args: string[]) => runCommand(args, { databaseUrl: world.database.target.url });

const hasLost = ({ end }: LiveReader): boolean => end?.problem?.status === 410;

describe("when the epoch is raised", () => {
  test("every open stream is ended, its cursor is refused everywhere, and a new snapshot goes on", async () => {
    const old = pairs(await quietPlace(world));
    const writes = new PacedWrites({ urls, ...stock, linesPerRequest: 2, requestsPerSecond: 20 });
    await writes.afterChanges(40);
    expect((await command("epoch", "raise", "--reason", "a drill")).code).toBe(0);
    await until("all have lost their place", () => old.every(hasLost), toldMsMax);
    await writes.afterChanges(20);
    for (const reader of old) {
      expect(reader.end!.problem).toMatchObject({
        code: "cursor_expired",
        snapshot: "/v1/inventory",
        earliest: expect.any(String),
      });
      expect(reader.fold.faults).toEqual([]);
    }
    const closings = old.flatMap(({ ends }) => ends).flatMap(({ closing }: LinkEnd) => closing ?? []);
    // Both streams; one that comes back to a server that has not noticed yet is ended there, too.
    expect(closings.length).toBeGreaterThanOrEqual(2);
    expect(new Set(closings.map(({ reason }) => reason))).toEqual(new Set(["expired"]));
    const from = await takeSnapshot(world.urls[0]!, 5);
    const renewed = everyTransport.map((_, seed) => follow({ urls, transports: everyTransport, seed, from }));
    await writes.afterChanges(20);
    await writes.finish();
    await expectAtLevels(renewed, world.urls[1]!, 10_000);
  }, 40_000);

  test("streams of an idle shop are ended, too, though nothing is ever committed again", async () => {
    const old = pairs(await quietPlace(world));
    await until("all follow", () => old.every(({ isOpen }) => isOpen));
    await raiseEpoch(world.database.owner, "a drill");
    await until("all have lost their place", () => old.every(hasLost), toldMsMax);
    expect(old.flatMap(({ fold }) => [...fold.faults, fold.eventCount])).toEqual(old.map(() => 0));
  }, 40_000);
});

describe("when the floor rises", () => {
  /** Raises it to the newest place that was observed. */
  async function raiseFloor(): Promise<void> {
    await until("the floor rises", async () => {
      const { out } = await command("feed", "floor", "--set-before", "2100-01-01T00:00:00Z");
      const found = /behind entry (\d+) of (\d+)/.exec(out);
      return found !== null && found[1] === found[2];
    });
  }

  test("who follows goes on; a cursor of before is refused with the place to begin at, on every transport", async () => {
    const place = await quietPlace(world);
    const present = pairs(place);
    for (let round = 0; round < 6; round++)
      await adjust(world.servers[round % 2]!, productIdOf(round), locationIdOf(0), 1);
    await until("all have seen it", () => present.every(({ fold }) => fold.eventCount === 6));
    await raiseFloor();
    const seen = (url: string) => request(url, "GET", `/v1/inventory/updates?since=${place.from.cursor}`);
    for (const url of world.urls) await until("the floor is known", async () => (await seen(url)).status === 410);
    const past = pairs(place);
    await until("the past is refused", () => past.every(hasLost), toldMsMax);
    expect(past.map(({ fold }) => fold.eventCount)).toEqual(past.map(() => 0));
    const { items } = await takeSnapshot(world.urls[0]!, 1_000);
    for (let round = 0; round < 6; round++)
      await adjust(world.servers[round % 2]!, productIdOf(round), locationIdOf(1), 1);
    await expectAtLevels(present, world.urls[0]!, 10_000);
    expect(present.flatMap(({ ends }) => ends)).toEqual([]);
    const cursors = new Set(past.map(({ end }) => end!.problem!.earliest!));
    expect(cursors.size).toBe(1);
    const cursor = [...cursors][0]!;
    const again = pairs({ from: { items, cursor }, positions: new Map() });
    await expectAtLevels(again, world.urls[1]!, 10_000);
    const { body } = await request<Page>(world.urls[0]!, "GET", `/v1/inventory/updates?since=${cursor}`);
    expect(again.map(({ fold }) => fold.eventCount)).toEqual(again.map(() => body.data.length));
  }, 40_000);
});
