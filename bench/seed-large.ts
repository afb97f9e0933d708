import { createHash } from "node:crypto";
import { Registry } from "prom-client";
import type { Command } from "../server/src/core/command.ts";
import { openDatabase } from "../server/src/db/pool.ts";
import { readBoard } from "../server/src/journal/board-reader.ts";
import { systemClock } from "../server/src/lib/clock.ts";
import { writerMetrics } from "../server/src/telemetry/writer-metrics.ts";
import { HeadBoard } from "../server/src/writer/head-board.ts";
import { Writer } from "../server/src/writer/writer.ts";
import { BENCH_LOCATION_ID, INITIAL_STOCK, productIdOf, skuOf } from "./workloads/names.ts";

/**
 * Fills Onhand with a long history through its own writer, in full groups and without HTTP: some minutes, and the result
 * is what the server would have made, so that `onhand verify` passes. The server has created its schema and is stopped
 * while this runs.
 */

/** How much history to make. */
export interface LargeSeed {
  readonly items: number;
  readonly journalEntries: number;
}

/** The size that the benchmark promises. */
export const LARGE_SEED: LargeSeed = { items: 1_000_000, journalEntries: 10_000_000 };

const WAVE_COMMANDS = 16_000;
const WAVES_PER_REPORT = 30;

const digest = (text: string): string => createHash("md5").update(text).digest("hex");

/** Who did it, under a key of its own. */
export function origin(key: string) {
  return {
    key: digest(key),
    requestHash: digest(key),
    actor: "key_seed",
    source: "seed",
    requestId: "seed",
    traceparent: null,
  };
}

/** Creates a location that belongs to groups. */
export function createLocation(locationId: string, groups: readonly string[]): Command {
  const document = {
    name: "Bench warehouse",
    type: "warehouse",
    region: null,
    timezone: null,
    currency: null,
    groups: [...groups],
  };
  return {
    kind: "location",
    locationId,
    operation: { kind: "create", document },
    ifMatchVersion: null,
    ...origin(`location-${locationId}`),
  };
}

/** Creates one product of the bench. */
export function createProduct(index: number): Command {
  const document = {
    sku: skuOf(index),
    name: `Bench product ${index}`,
    description: null,
    price: null,
    currency: "EUR",
    prices: {},
    attributes: {},
  };
  return {
    kind: "product",
    productId: productIdOf(index),
    operation: { kind: "create", document },
    ifMatchVersion: null,
    ...origin(`product-${index}`),
  };
}

/** Changes the stock of one product at one location. */
export function adjust(index: number, locationId: string, adjustment: number, key: string): Command {
  const line = {
    productId: productIdOf(index),
    sku: null,
    locationId,
    change: { adjustment },
    guard: null,
    mustExist: false,
  };
  const rest = { allowNegative: false, movementType: "correction", occurredAtMs: null, text: null } as const;
  return { kind: "inventory", lines: [{ ...line, ...rest }], ...origin(key) };
}

function* history({ items, journalEntries }: LargeSeed): Generator<Command> {
  yield createLocation(BENCH_LOCATION_ID, []);
  for (let index = 0; index < items; index++) yield createProduct(index);
  for (let index = 0; index < items; index++) yield adjust(index, BENCH_LOCATION_ID, INITIAL_STOCK, `opening-${index}`);
  // The multiplier is prime: it jumps over all items without a visible order.
  for (let change = 0; change < journalEntries - 2 * items - 1; change++)
    yield adjust((change * 7_919) % items, BENCH_LOCATION_ID, -1, `change-${change}`);
}

/** Makes the history and returns the number of stock changes in the journal. `say` is told how far it is. */
export async function seedLarge(url: string, seed: LargeSeed, say: (text: string) => void): Promise<number> {
  await seedCommands(url, history(seed), { items: seed.items, entries: seed.journalEntries }, say);
  return seed.journalEntries - seed.items - 1;
}

/** Has commands decided and written in their order, wave after wave. @throws when one is refused */
export async function seedCommands(
  url: string,
  commands: Iterable<Command>,
  size: { readonly items: number; readonly entries: number },
  say: (text: string) => void,
): Promise<void> {
  const database = openDatabase({ url }, { name: "seed", role: "application" }, 1);
  const { heads, partitionCount } = await readBoard(database);
  const writer = new Writer({
    ...{
      target: { url },
      partitionCount,
      laneCount: 2,
      queueEntriesMax: 10 * WAVE_COMMANDS,
      cacheItemsMax: 4 * size.items,
    },
    ...{ board: new HeadBoard(heads), clock: systemClock, metrics: writerMetrics(new Registry()) },
  });
  const submit = async (wave: readonly Command[]): Promise<void> => {
    for (const { outcome } of await Promise.all(writer.submit(wave))) {
      if (outcome.kind === "rejected") throw new Error(`the seed was refused: ${outcome.rejection.detail}`);
    }
  };
  let before: Promise<void> = Promise.resolve();
  let wave: Command[] = [];
  let waves = 0;
  for (const command of commands) {
    wave.push(command);
    if (wave.length < WAVE_COMMANDS) continue;
    const next = submit(wave);
    await before;
    before = next;
    wave = [];
    waves += 1;
    if (waves % WAVES_PER_REPORT === 0) say(`seeded ${waves * WAVE_COMMANDS} of ${size.entries} entries`);
  }
  await before;
  await submit(wave);
  await writer.stop();
  await database.close();
}
