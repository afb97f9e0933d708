/** Many writers over two servers while consumers follow the feed; afterwards all that was seen is held together. */
import { expect } from "bun:test";
import { verifyJournal } from "../../src/journal/verify/verify-journal.ts";
import { openBystander } from "../faults/database-faults.ts";
import { createDatabase } from "../support/database.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { FeedFollower } from "./feed-follower.ts";
import { Directory } from "./load.ts";
import { inventoryIdsOf, writeMixed } from "./mixed-writers.ts";
import { listItems, stockUp } from "./stock.ts";

export interface FeedScenario {
  readonly writers: number;
  readonly rounds: number;
  readonly followers: number;
  readonly products: number;
  readonly locations: number;
}

/** Plays the scenario on a database of its own; an unrelated session is idle in its transaction all the while. */
export async function playFeedScenario(scenario: FeedScenario): Promise<void> {
  const { followers, products, locations } = scenario;
  const database = await createDatabase();
  const bystander = await openBystander(database);
  try {
    const databaseUrl = database.target.url;
    const servers = await Promise.all([startServer({ databaseUrl }), startServer({ databaseUrl })]);
    const directory = new Directory(...servers.map(({ url }) => url));
    await stockUp(servers[0]!, products, locations, 100);
    await bystander.run("BEGIN; SELECT pg_current_xact_id(); CREATE TEMPORARY TABLE held ()");
    const inventoryIds = await inventoryIdsOf(database.owner);
    const fromBeginning = Array.from({ length: followers }, (_, seed) => new FeedFollower({ directory, seed }));
    const writing = writeMixed({ ...scenario, directory, inventoryIds });
    const fromSnapshots = await followSnapshots(servers, directory);
    const { faults, statuses } = await writing;
    expect([faults, statuses.get(200)! > 0]).toEqual([[], true]);
    const read = await Promise.all([...fromBeginning, ...fromSnapshots].map((follower) => follower.finish()));
    const { rows: heads } = await database.owner.query<{ partition: number; sequence: number }>({
      text: "SELECT partition, sequence FROM partition_head WHERE sequence > 0 ORDER BY partition",
    });
    const expected = heads.map(({ partition, sequence }) => [partition, sequence] as const);
    const { items } = await listItems(servers[1]!);
    for (const follower of read) {
      expect([follower.faults, follower.failures]).toEqual([[], []]);
      expect(byId([...follower.items.values()])).toEqual(byId(items));
    }
    for (const follower of fromBeginning)
      expect([...follower.positions].sort(([a], [b]) => a - b)).toEqual(expected.map(([a, b]) => [a, b]));
    expect((await verifyJournal(database.owner)).faults).toEqual([]);
  } finally {
    await bystander.end();
    await database.close();
  }
}

/** Consumers that begin in the middle: with a list of all items, and from the cursor that came with it. */
async function followSnapshots(servers: readonly ServerProcess[], directory: Directory): Promise<FeedFollower[]> {
  const followers: FeedFollower[] = [];
  for (const [index, server] of servers.entries())
    followers.push(new FeedFollower({ directory, seed: 100 + index, from: await listItems(server) }));
  return followers;
}

/** What belongs to the level of an item; settings are told by other fields of its events. */
const byId = (items: readonly { inventoryId: string }[]): Record<string, object> =>
  Object.fromEntries(items.map((item) => [item.inventoryId, item]));
