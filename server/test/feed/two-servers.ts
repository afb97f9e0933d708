/** Two servers on one database with stock, and what must be true of readers when all is quiet. */
import { expect } from "bun:test";
import { stockUp } from "../processes/stock.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type ServerProcess, startServer, stopAll, until } from "../support/server-process.ts";
import type { LiveReader, Transport } from "./live-reader.ts";
import { byId, type Snapshot, takeSnapshot } from "./snapshot.ts";

export interface Stock {
  readonly products: number;
  readonly locations: number;
}

/** So that each connection takes another transport than the one before and, between two servers, another server. */
export const everyTransport: readonly Transport[] = [
  "sse",
  "websocket",
  "sse",
  "poll",
  "sse",
  "websocket",
  "acknowledging",
];

export interface TwoServers {
  readonly database: TestDatabase;
  readonly servers: ServerProcess[];
  /** Where they are; replaced when one is started again elsewhere. */
  readonly urls: string[];
  close(): Promise<void>;
}

/** @param throughUrl the way to the database, given its URL; straight without */
export async function startTwoServers(
  stock: Stock,
  throughUrl: (url: string) => string | Promise<string> = (url) => url,
): Promise<TwoServers> {
  const database = await createDatabase();
  const databaseUrl = await throughUrl(database.target.url);
  const servers = await Promise.all([startServer({ databaseUrl }), startServer({ databaseUrl })]);
  await stockUp(servers[0]!, stock.products, stock.locations, 100);
  return {
    database,
    servers,
    urls: servers.map(({ url }) => url),
    async close() {
      await stopAll();
      await database.close();
    },
  };
}

/** A place in the feed with everything that is known of it, while nobody writes. */
export async function quietPlace({ database, urls }: TwoServers): Promise<{
  from: Snapshot;
  positions: ReadonlyMap<number, number>;
}> {
  const { rows } = await database.owner.query<{ partition: number; sequence: number }>({
    text: "SELECT partition, sequence FROM partition_head",
  });
  const positions = new Map(rows.map(({ partition, sequence }) => [partition, sequence]));
  return { from: await takeSnapshot(urls[0]!, 1_000), positions };
}

/**
 * Waits until every reader has seen the newest version of every item, and insists that each folded exactly the levels
 * and that nothing was missed or came twice.
 */
export async function expectAtLevels(readers: readonly LiveReader[], url: string, limitMs: number): Promise<void> {
  const { items } = await takeSnapshot(url, 1_000);
  const isThere = ({ fold }: LiveReader): boolean =>
    fold.faults.length > 0 || items.every((item) => fold.items.get(item.inventoryId)?.version === item.version);
  let behind = readers;
  const allAreThere = (): boolean => {
    behind = behind.filter((reader) => !isThere(reader));
    return behind.length === 0;
  };
  await until("every reader has caught up", allAreThere, limitMs).catch((error: Error) => {
    const { cursor, isOpen, openCount, ends, fold } = behind[0]!;
    const first = JSON.stringify({ cursor, isOpen, openCount, end: ends.at(-1), events: fold.eventCount });
    throw new Error(`${error.message}; ${behind.length} have not, the first of them: ${first}`);
  });
  const levels = byId(items);
  for (const { fold } of readers) {
    expect(fold.faults).toEqual([]);
    if (!Bun.deepEquals(fold.items, levels)) expect(fold.items).toEqual(levels);
  }
}

/** Runs something for each, a few at a time. */
export async function eachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  run: (item: Item, index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      await run(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
