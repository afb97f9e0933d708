/** Business on two servers of which one is killed again and again, replayed against the reference model afterwards. */
import { expect } from "bun:test";
import type { InventoryItem } from "@onhand/protocol/resources";
import { transferStatus } from "../../src/core/orders/order.ts";
import type { Entry } from "../../src/core/record/entry.ts";
import type { Database } from "../../src/db/pool.ts";
import { type EntryRow, entryColumns, toEntry } from "../../src/journal/entry-reader.ts";
import { describeFault } from "../../src/journal/verify/report.ts";
import { verifyJournal } from "../../src/journal/verify/verify-journal.ts";
import { plainLine } from "../model/plain.ts";
import { linesOf, type World, worldAfter } from "../model/world.ts";
import { createDatabase } from "../support/database.ts";
import { type ServerProcess, startServer, stopAll } from "../support/server-process.ts";
import { type BusinessOperation, doBusiness } from "./business.ts";
import { Directory } from "./load.ts";
import { replay } from "./replay.ts";
import { locationIdOf, productIdOf } from "./stock.ts";

export interface BusinessSize {
  readonly operations: number;
  readonly clients: number;
  readonly products: number;
  readonly locations: number;
  /** How often a server is killed on the way. */
  readonly kills: number;
  readonly seed: number;
}

const unitsAtFirst = 25;

/** A journal with what was asked for, to be replayed. */
export interface Told {
  /** A world as it was in front of the business. */
  readonly opening: () => World;
  readonly partitions: readonly (readonly Entry[])[];
  readonly history: readonly BusinessOperation[];
}

/** Does business and holds it against the reference model. @returns what was told */
export async function runBusiness(size: BusinessSize): Promise<Told> {
  const database = await createDatabase();
  const databaseUrl = database.target.url;
  const servers = await Promise.all([startServer({ databaseUrl }), startServer({ databaseUrl })]);
  const inventoryIds = await openShop(servers[0]!, size);
  const atFirst = await readJournal(database.owner);
  const directory = new Directory(...servers.map(({ url }) => url));
  const milestones = Array.from({ length: size.kills }, (_, kill) => ((kill + 1) * size.operations) / (size.kills + 1));
  let kills = Promise.resolve();
  const history = await doBusiness({
    ...size,
    directory,
    shop: { ...size, inventoryIds },
    onDone: (count) => {
      if (milestones.length === 0 || count < milestones[0]!) return;
      const place = milestones.length % 2;
      milestones.shift();
      kills = kills.then(() => killAndRestart(servers, place, databaseUrl, directory));
    },
  });
  await kills;
  expect(history).toHaveLength(size.operations);
  const { told, world, faults } = await compare(database.owner, servers[1]!, atFirst, history);
  // In full, for what is expected is cut short.
  for (const fault of faults.slice(0, 5)) process.stderr.write(`${fault}\n`);
  expect(faults).toEqual([]);
  expect(world.orders.length).toBeGreaterThan(0);
  const verified = await verifyJournal(database.owner);
  expect(verified.faults.map(describeFault)).toEqual([]);
  await stopAll();
  await database.close();
  return told;
}

async function killAndRestart(servers: ServerProcess[], place: number, databaseUrl: string, directory: Directory) {
  await servers[place]!.killHard();
  servers[place] = await startServer({ databaseUrl });
  directory.urls = servers.map(({ url }) => url);
}

/** Products at locations that are a group, sold by a channel with a buffer. @returns ids of the items by product and location */
async function openShop(server: ServerProcess, { products, locations }: BusinessSize): Promise<Map<string, string>> {
  const indexes = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  for (const index of indexes(locations)) {
    const body = { locationId: locationIdOf(index), name: "L", type: "store", groups: index === 0 ? [] : ["eu"] };
    await server.expect("POST", "/v1/locations", body);
  }
  await server.expect("POST", "/v1/channels", {
    channelId: "web",
    name: "Web shop",
    locations: [locationIdOf(1), locationIdOf(0)],
    buffer: 2,
  });
  const inventoryIds = new Map<string, string>();
  for (const index of indexes(products)) {
    const productId = productIdOf(index);
    await server.expect("POST", "/v1/products", { productId, sku: `SKU-${index}`, name: "P" });
    for (const place of indexes(locations)) {
      const locationId = locationIdOf(place);
      const body = { productId, locationId, adjustment: unitsAtFirst, reason: "opening stock" };
      const item = await server.expect<InventoryItem>("POST", "/v1/inventory", body);
      inventoryIds.set(`${productId}/${locationId}`, item.inventoryId);
    }
  }
  return inventoryIds;
}

/** Entries of each partition, in order. */
async function readJournal(database: Database): Promise<Entry[][]> {
  const { rows } = await database.query<EntryRow>({
    text: `SELECT ${entryColumns} FROM journal j ORDER BY j.partition, j.sequence`,
  });
  const partitions: Entry[][] = [];
  for (const row of rows) {
    partitions[row.partition] ??= [];
    partitions[row.partition]!.push(toEntry(row));
  }
  return Array.from(partitions, (entries) => entries ?? []);
}

/** Replays what is there once nothing moves any more, and holds filtered queries against where that leads. */
async function compare(
  database: Database,
  server: ServerProcess,
  atFirst: readonly (readonly Entry[])[],
  history: readonly BusinessOperation[],
): Promise<{ told: Told; world: World; faults: readonly string[] }> {
  for (;;) {
    const partitions = await readJournal(database);
    const shown = await readFiltered(server);
    const isStill = (await readJournal(database)).every(
      (entries, index) => entries.length === partitions[index]?.length,
    );
    // Holds still run out: what was read belongs to no one moment.
    if (!isStill) continue;
    const { rows } = await database.query<{ count: number }>({
      text: "SELECT count(*)::int AS count FROM partition_head",
    });
    const partitionCount = rows[0]!.count - 1;
    const opening = () => worldAfter(partitionCount, atFirst.flat());
    const added = partitions.map((entries, index) => entries.slice(atFirst[index]?.length ?? 0));
    const world = opening();
    const faults = replay(world, added, history);
    const told = { opening, partitions: added, history };
    return { told, world, faults: faults.length > 0 ? faults : faultsOfQueries(world, shown) };
  }
}

interface Shown {
  readonly items: readonly InventoryItem[];
  readonly transfers: ReadonlyMap<string, readonly string[]>;
}

const statuses = ["requested", "in_transit"] as const;

async function readFiltered(server: ServerProcess): Promise<Shown> {
  const items = await readAll<InventoryItem>(server, `/v1/inventory?locationId=${locationIdOf(1)}`);
  const transfers = new Map<string, string[]>();
  for (const status of statuses) {
    const path = `/v1/transfers?status=${status}&fromLocationId=${locationIdOf(1)}`;
    const found = await readAll<{ transferId: string }>(server, path);
    transfers.set(status, found.map(({ transferId }) => transferId).sort());
  }
  return { items, transfers };
}

async function readAll<Row>(server: ServerProcess, path: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (let next: string | null = ""; next !== null; ) {
    const more: string = next === "" ? "" : `&cursor=${encodeURIComponent(next)}`;
    const page: { data: Row[]; nextCursor: string | null } = await server.expect("GET", `${path}&limit=100${more}`);
    rows.push(...page.data);
    next = page.nextCursor;
  }
  return rows;
}

function faultsOfQueries(world: World, { items, transfers }: Shown): string[] {
  const faults: string[] = [];
  const levels = ({ productId, stockLevel, reservedStock, unavailableStock, incomingStock, version }: InventoryItem) =>
    `${productId} ${stockLevel} ${reservedStock} ${unavailableStock} ${incomingStock} ${version}`;
  const meant = world.items
    .filter(({ locationId }) => locationId === locationIdOf(1))
    .map(
      (item) =>
        `${item.productId} ${item.onHand} ${item.reserved} ${item.unavailable} ${item.incoming} ${item.version}`,
    );
  const told = items.map(levels).sort();
  if (!Bun.deepEquals(told, meant.sort())) faults.push(`items are listed as ${told}, the model has ${meant}`);
  for (const status of statuses) {
    const mine = world.orders
      .filter((order) => order.kind === "transfer" && order.fromLocationId === locationIdOf(1))
      .filter((order) => transferStatus(linesOf(world, order.orderId).map(plainLine)) === status)
      .map(({ orderId }) => orderId)
      .sort();
    if (!Bun.deepEquals(mine, [...transfers.get(status)!])) {
      faults.push(`transfers that are ${status} are listed as ${transfers.get(status)}, the model has ${mine}`);
    }
  }
  return faults;
}
