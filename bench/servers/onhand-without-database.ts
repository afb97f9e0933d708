/**
 * Onhand with the database call taken out: the same process, routes, validation, keys, decisions, hashes and encoded
 * statements; what would be sent to PostgreSQL is answered at once by a stand-in that stores nothing.
 *
 * It is a yardstick, not a server: levels come from the cache of the writer, and reads always show the opening stock.
 */

import { startApp } from "../../server/src/app.ts";
import { digestOf } from "../../server/src/auth/api-key.ts";
import { readConfig } from "../../server/src/config/config.ts";
import type { Database, Statement } from "../../server/src/db/pool.ts";
import type { Session } from "../../server/src/db/session.ts";
import { endOfTurn } from "../../server/src/lib/turn.ts";
import { createLogger } from "../../server/src/telemetry/logger.ts";
import { BENCH_LOCATION_ID, INITIAL_STOCK, productIdOf, SKU_PREFIX } from "../workloads/names.ts";

const createdAtMs = Date.UTC(2026, 0, 1);
const genesis = Buffer.alloc(32);
const life = 0;

/** The text elements of a binary `text[]` parameter. */
function textsOf(parameter: unknown): string[] {
  const bytes = parameter as Buffer;
  const texts: string[] = [];
  for (let offset = 20; offset < bytes.length; ) {
    const length = bytes.readInt32BE(offset);
    texts.push(bytes.toString("utf8", offset + 4, offset + 4 + length));
    offset += 4 + length;
  }
  return texts;
}

function integersOf(parameter: unknown): number[] {
  const bytes = parameter as Buffer;
  return Array.from({ length: (bytes.length - 20) / 8 }, (_, index) => bytes.readInt32BE(24 + index * 8));
}

const itemRow = (partition: number, productId: string, locationId: string) => ({
  ...{
    partition,
    product_id: productId,
    location_id: locationId,
    item_number: 1,
    sku: SKU_PREFIX + productId.slice(-7),
  },
  ...{ on_hand: INITIAL_STOCK, reserved: 0, unavailable: 0, incoming: 0, safety_stock: 0, reorder_point: null },
  ...{
    version: 1,
    last_sequence: 1,
    updated_at: createdAtMs,
    life,
    available_band: 10,
    extras: null,
    next_expiry: null,
  },
});

const productRow = (partition: number, productId: string) => ({
  ...{ partition, product_id: productId, version: 1, life, created_at: createdAtMs, updated_at: createdAtMs },
  document: {
    sku: SKU_PREFIX + productId.slice(-7),
    name: "Bench product",
    description: null,
    price: null,
    currency: "EUR",
    prices: {},
    attributes: {},
  },
});

/** Knows every product that is asked for, at the one location. */
function standIn(partitionCount: number, key: string) {
  const sequences = new Array<number>(partitionCount + 1).fill(1);
  const hashes = new Array<Buffer>(partitionCount + 1).fill(genesis);
  const headOf = (partition: number) => ({
    partition,
    sequence: sequences[partition]!,
    hash: hashes[partition]!,
    recorded_at: createdAtMs,
    epoch: 1,
  });
  const answers: Record<string, (values: readonly unknown[]) => object[]> = {
    read_heads: () => sequences.map((_, partition) => headOf(partition)),
    lock_heads: ([partitions]) => integersOf(partitions).map(headOf),
    read_clock: () => [{ control_sequence: 1, now_ms: Date.now() }],
    load_locations: () => [
      {
        location_id: BENCH_LOCATION_ID,
        document: { name: "", type: "warehouse", region: null, timezone: null, currency: null, groups: [] },
        version: 1,
        life,
        created_at: createdAtMs,
        updated_at: createdAtMs,
      },
    ],
    load_items: ([partitions, products, locations]) =>
      zip(partitions, products).map(([partition, product], index) =>
        itemRow(partition, product, textsOf(locations)[index]!),
      ),
    load_products: ([partitions, products]) =>
      zip(partitions, products).map(([partition, product]) => productRow(partition, product)),
    select_active_keys: () => [{ key_id: "key_bench", name: "bench", role: "admin", digest: digestOf(key) }],
    sku_owners: ([, skus]) =>
      textsOf(skus).map((sku) => ({ sku, product_id: productIdOf(Number(sku.slice(SKU_PREFIX.length))) })),
    items_of_products: ([partitions, products]) =>
      zip(partitions, products).map(([partition, product]) => itemRow(partition, product, BENCH_LOCATION_ID)),
    append_group: ([partitions, , moved, hash]) => {
      integersOf(partitions).forEach((partition, index) => {
        sequences[partition] = Number((moved as Buffer).readBigInt64BE(24 + index * 12));
        hashes[partition] = Buffer.from((hash as Buffer).subarray(24 + index * 36, 56 + index * 36));
      });
      return [{}];
    },
  };
  const installation = [
    { installation_id: "bench", partition_count: partitionCount, cursor_secret: Buffer.alloc(32, 7) },
  ];
  return (statement: Statement): object[] => {
    if (statement.name === undefined) return statement.text.includes("FROM installation") ? installation : [];
    return answers[statement.name]?.(statement.values ?? []) ?? [];
  };
}

function zip(partitions: unknown, texts: unknown): [number, string][] {
  const numbers = integersOf(partitions);
  return textsOf(texts).map((text, index) => [numbers[index]!, text]);
}

async function serve(): Promise<void> {
  const config = readConfig(process.env);
  const answer = standIn(config.partitionCount, config.bootstrapKey ?? "");
  const query = async <Row extends object>(statement: Statement) => ({
    rows: answer(statement) as Row[],
    rowCount: null,
  });
  // Answers come a turn later, as from a socket: what arrives meanwhile gathers into groups.
  const later = async (text: string): Promise<string> => {
    await endOfTurn();
    return text;
  };
  const database: Database = {
    query,
    transaction: (work) => work({ query }),
    counts: () => ({ total: 0, idle: 0, waiting: 0 }),
    close: async () => {},
  };
  const session: Session = { query, command: later, isBroken: false, destroy() {} };
  const app = await startApp({
    config,
    target: { url: "postgresql://nowhere/none" },
    logger: createLogger(config.logLevel),
    backend: { openReads: () => database, connectWriter: async () => session },
  });
  process.once("SIGTERM", () => void app.stop().then(() => process.exit(0)));
}

if (import.meta.main) await serve();
