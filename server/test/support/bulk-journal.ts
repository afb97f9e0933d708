/**
 * Fills a database quickly with a valid journal: commands through the real writer, many at once so that its groups are
 * as large as they may be. The same options always give the same changes.
 */

import type { Command, InventoryLine } from "../../src/core/command.ts";
import { commitmentOf } from "../../src/core/record/chain.ts";
import type { TestDatabase } from "./database.ts";
import { apply, createLocation, createProduct, inventory, line, openWriter } from "./writers.ts";

export interface BulkOptions {
  /** Journal entries to end with, those of the catalogue and of opening stock included. */
  readonly entries: number;
  readonly products: number;
  /** Every product gets stock at every location. */
  readonly locations: number;
  /** One change in so many carries a reason and a reference; 0: none does. */
  readonly textEvery?: number;
  /** One change in so many moves stock of two products at once, so that it has parts; 0: none does. */
  readonly pairEvery?: number;
}

/** Commands handed to the writer at once: several full groups, well below its queue. */
const waveEntries = 16_000;
const openingStock = 1_000_000;

/**
 * Appends a catalogue, opening stock and then small adjustments spread over all items.
 * @returns entries written for each second
 * @throws when the options leave no room for the opening stock, or a command is refused
 */
export async function fillJournal(database: TestDatabase, options: BulkOptions): Promise<number> {
  const { entries, products, locations } = options;
  const opening = products * locations;
  const changes = entries - locations - products - opening;
  if (changes < 0) throw new RangeError(`${entries} entries cannot hold a catalogue and ${opening} items`);
  const startedAtMs = performance.now();
  // One lane: commands over several partitions then join ordinary groups.
  const writer = await openWriter(database, { laneCount: 1, cacheItemsMax: 2 * (opening + products) });
  try {
    const submit = (commands: Iterable<Command>): Promise<void> => inWaves(commands, (wave) => apply(writer, ...wave));
    await submit(counted(locations, (index) => createLocation(locationId(index))));
    await submit(counted(products, (index) => createProduct(productId(index))));
    await submit(
      counted(opening, (index) => inventory([lineOf(index, options, { adjustment: openingStock })], `o${index}`)),
    );
    await submit(changesOf(changes, options));
  } finally {
    await writer.stop();
  }
  return (1000 * entries) / (performance.now() - startedAtMs);
}

const productId = (index: number): string => `prod-${index}`;
const locationId = (index: number): string => `loc-${index}`;

function* counted(count: number, make: (index: number) => Command): Generator<Command> {
  for (let index = 0; index < count; index++) yield make(index);
}

function* changesOf(count: number, options: BulkOptions): Generator<Command> {
  const { textEvery = 0, pairEvery = 0 } = options;
  for (let written = 0; written < count; ) {
    const adjustment = (written % 7) - 3 || 4;
    const text = textEvery > 0 && written % textEvery === 0 ? textOf(written) : null;
    const isPair = pairEvery > 0 && written % pairEvery === 0 && written + 2 <= count;
    const lines = [lineOf(scattered(written), options, { adjustment }, { text })];
    if (isPair) lines.push(lineOf(scattered(written) + options.locations, options, { adjustment: -adjustment }));
    yield inventory(lines, `c${written}`);
    written += lines.length;
  }
}

/** Jumps over all items without a visible order; the multiplier is prime. */
const scattered = (index: number): number => index * 7_919;

function lineOf(
  item: number,
  { products, locations }: BulkOptions,
  change: InventoryLine["change"],
  rest: Partial<InventoryLine> = {},
): InventoryLine {
  const product = Math.floor(item / locations) % products;
  return line(productId(product), locationId(item % locations), change, rest);
}

function textOf(index: number): InventoryLine["text"] {
  const salt = new Uint8Array(16).fill(index % 251);
  const reason = `delivery ${index}`;
  const reference = `PO-${index}`;
  return { salt, reason, reference, commitment: commitmentOf(salt, reason, reference) };
}

async function inWaves(commands: Iterable<Command>, submit: (wave: Command[]) => Promise<unknown>): Promise<void> {
  let wave: Command[] = [];
  for (const command of commands) {
    wave.push(command);
    if (wave.length < waveEntries) continue;
    await submit(wave);
    wave = [];
  }
  await submit(wave);
}
