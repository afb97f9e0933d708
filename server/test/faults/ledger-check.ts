/**
 * Holds a journal against itself, against its projections and against what callers were told. Whatever faults went
 * before, all of it must agree.
 */
import { expect } from "bun:test";
import { type EntryKind, entryKinds, isNotice } from "@onhand/protocol/vocabulary";
import { evolve } from "../../src/core/evolve.ts";
import { type Item, oversoldOf } from "../../src/core/inventory/item.ts";
import type { OrderOutcome, Outcome } from "../../src/core/outcome.ts";
import { formatOutcome } from "../../src/core/outcome-text.ts";
import { genesisHash, linkHash } from "../../src/core/record/chain.ts";
import type { Entry, SealedEntry } from "../../src/core/record/entry.ts";
import { parseDetail } from "../../src/core/record/entry-detail.ts";
import { parseParts } from "../../src/core/record/parts.ts";
import { checkOf, decodeVector } from "../../src/core/record/position-vector.ts";
import { toItem } from "../../src/journal/rows.ts";
import type { ItemRow } from "../../src/journal/sql/load-state.ts";
import { type EntryRow, entryColumns, toEntry } from "../../src/journal/sql/read-entries.ts";
import { Overloaded } from "../../src/writer/errors.ts";
import type { TestDatabase } from "../support/database.ts";
import type { Told } from "./callers.ts";
import { checkOrders, foldOrders } from "./order-ledger.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const itemKey = (of: { partition: number; productId: string | null; locationId: string | null }): string =>
  `${of.partition}/${of.productId}/${of.locationId}`;

/** All entries, partition by partition. */
async function readJournal(database: TestDatabase): Promise<SealedEntry[]> {
  const { rows } = await database.owner.query<EntryRow>({
    text: `SELECT ${entryColumns} FROM journal j ORDER BY partition, sequence`,
  });
  return rows.map(toEntry);
}

/** Follows the entries of one partition: numbers, hashes, times and items in order. */
export class PartitionFollower {
  sequence = 0;
  hash: Uint8Array = genesisHash;
  readonly #partition: number;
  readonly #items = new Map<string, Entry>();
  #recordedAtMs = 0;

  constructor(partition: number) {
    this.#partition = partition;
  }

  /** Takes the next entry and throws when it is not the one that must follow. */
  follow(entry: SealedEntry): void {
    const at = `entry ${entry.partition}:${entry.sequence}`;
    const fail = (what: string): never => {
      throw new Error(`${at}: ${what}`);
    };
    if (entry.partition !== this.#partition || entry.sequence !== this.sequence + 1) fail(`follows ${this.sequence}`);
    if (!(entry.recordedAtMs >= this.#recordedAtMs))
      fail(`recorded at ${entry.recordedAtMs}, before the one before it`);
    if (hex(linkHash(this.hash, entry)) !== hex(entry.hash)) fail("its hash does not continue the chain");
    if (entry.itemNumber !== null) this.#followItem(entry, fail);
    this.sequence = entry.sequence;
    this.hash = entry.hash;
    this.#recordedAtMs = entry.recordedAtMs;
  }

  #followItem(entry: SealedEntry, fail: (what: string) => never): void {
    const before = this.#items.get(itemKey(entry));
    if (entry.previousSequence !== (before?.sequence ?? null)) fail(`names ${entry.previousSequence} before it`);
    const step = isNotice(entry.kind) ? 0 : 1;
    if (entry.version !== (before?.version ?? 0) + step) fail(`has version ${entry.version}`);
    if (entry.itemNumber !== (before?.itemNumber ?? entry.sequence)) fail(`has item number ${entry.itemNumber}`);
    for (const level of ["onHand", "reserved", "unavailable", "incoming"] as const) {
      const expected = (before?.after[level] ?? 0) + entry.delta[level];
      if (entry.after[level] !== expected) fail(`${level} is ${entry.after[level]}, ${expected} by its delta`);
    }
    this.#items.set(itemKey(entry), entry);
  }
}

/** Numbers, hashes and times of every partition, and that the heads stand at the last entries. */
async function checkChains(database: TestDatabase, journal: readonly SealedEntry[]): Promise<void> {
  const { rows } = await database.owner.query<{ partition: number; sequence: number; hash: Buffer }>({
    text: "SELECT partition, sequence, hash FROM partition_head ORDER BY partition",
  });
  const followers = rows.map((row) => new PartitionFollower(row.partition));
  for (const entry of journal) followers[entry.partition]!.follow(entry);
  expect(rows.map((row) => [row.sequence, hex(row.hash)])).toEqual(
    followers.map((follower) => [follower.sequence, hex(follower.hash)]),
  );
}

/** Items, totals and SKUs are what the journal makes of them. */
async function checkProjections(database: TestDatabase, journal: readonly SealedEntry[]): Promise<void> {
  const items = new Map<string, Item>();
  const totals = new Map<string, bigint>();
  const skus = new Map<string, string>();
  for (const entry of journal) {
    const effect = evolve(entry);
    if (effect.kind === "item") {
      items.set(itemKey(entry), effect.item);
      totals.set(entry.productId!, (totals.get(entry.productId!) ?? 0n) + BigInt(entry.delta.onHand));
    } else if (effect.kind === "product") {
      if (effect.product.life === "deleted") skus.delete(entry.productId!);
      else skus.set(entry.productId!, effect.product.document.sku);
    }
  }
  const stored = await database.owner.query<ItemRow & { oversold: number }>({ text: "SELECT * FROM item" });
  const byKey = (list: readonly Item[]) => Object.fromEntries(list.map((item) => [itemKey(item), item]));
  expect(byKey(stored.rows.map(toItem))).toEqual(byKey([...items.values()]));
  for (const row of stored.rows) expect(row.oversold).toBe(oversoldOf(toItem(row)));
  const total = await database.owner.query<{ product_id: string; on_hand: number }>({
    text: "SELECT product_id, on_hand FROM product_total",
  });
  expect(Object.fromEntries(total.rows.map((row) => [row.product_id, BigInt(row.on_hand)]))).toEqual(
    Object.fromEntries(totals),
  );
  const sku = await database.owner.query<{ product_id: string; sku: string }>({
    text: "SELECT product_id, sku FROM product_sku",
  });
  expect(Object.fromEntries(sku.rows.map((row) => [row.product_id, row.sku]))).toEqual(Object.fromEntries(skus));
}

/** An answer by what a caller may rely on: the outcome as it is stored. */
const render = (outcome: Outcome): string => formatOutcome(outcome);

/** What follows from a command for others: thresholds crossed, channels told, and what was due before it was decided. */
const isConsequence = (kind: EntryKind): boolean =>
  isNotice(kind) || kind === entryKinds.channelAvailability || kind === entryKinds.inventoryHoldExpired;

/** Of an order's lines, those that entries of the command tell of are as it was told. */
function checkOrderOutcome(name: string, outcome: OrderOutcome, entries: readonly SealedEntry[]): void {
  if (outcome.isDryRun) {
    expect([name, entries.length]).toEqual([name, 0]);
    return;
  }
  const { lines } = foldOrders(entries.filter(({ detail }) => parseDetail({ detail }).line !== undefined));
  for (const line of lines.values()) {
    if (line.orderId !== outcome.order.orderId) expect(outcome.superseded).toContain(line.orderId);
    else expect([name, outcome.lines[line.line - 1]]).toEqual([name, line]);
  }
  for (const entry of entries) checkParts(name, entry, entries);
}

/** Whether the outcome of a command is kept under its key. */
function isKept({ command, answer }: Told): boolean {
  if (answer instanceof Error || command.kind === "expire" || command.kind === "channel-refresh") return false;
  if (command.kind === "reserve" && command.isDryRun) return false;
  return answer.outcome.kind !== "rejected" || answer.outcome.rejection.isStale !== true;
}

/** The entries of one command are what its outcome says, no more and no less. */
function checkOutcome(
  name: string,
  { command, answer }: Told,
  allEntries: readonly SealedEntry[],
  hashAt: (partition: number, sequence: number) => Uint8Array,
): void {
  if (answer instanceof Error) throw new Error("an outcome was expected");
  const { outcome, headVector } = answer;
  checkVector(name, headVector, allEntries, hashAt);
  const entries = allEntries.filter(({ kind }) => !isConsequence(kind));
  if (outcome.kind === "order") {
    checkOrderOutcome(name, outcome, entries);
    return;
  }
  if (outcome.kind !== "lines") {
    const isNothing = outcome.kind === "rejected" || outcome.kind === "done";
    expect([name, entries.length]).toEqual([name, isNothing ? 0 : 1]);
    return;
  }
  expect([name, entries.length]).toEqual([name, outcome.lines.length]);
  const lines = command.kind === "inventory" ? command.lines : [];
  outcome.lines.forEach(({ item, sequence }, index) => {
    const entry = entries.find((one) => one.partition === item.partition && one.sequence === sequence);
    if (entry === undefined)
      throw new Error(`${name}: told of entry ${item.partition}:${sequence}, which is not its own`);
    expect(evolve(entry)).toMatchObject({ kind: "item", item });
    const { adjustment } = lines[index]!.change;
    if (adjustment !== undefined) expect([name, entry.delta.onHand]).toEqual([name, adjustment]);
    checkParts(name, entry, entries);
  });
}

/** The position vector lies behind the command's entries, and its check belongs to this history. */
function checkVector(
  name: string,
  vector: Uint8Array,
  entries: readonly SealedEntry[],
  hashAt: (partition: number, sequence: number) => Uint8Array,
): void {
  const { positions, check } = decodeVector(vector)!;
  for (const entry of entries) {
    if (positions[entry.partition]! < entry.sequence) throw new Error(`${name}: its position vector lies before it`);
  }
  const hashes = positions.map((sequence, partition) => hashAt(partition, sequence));
  if (hex(checkOf(hashes)) !== hex(check)) throw new Error(`${name}: its position vector is of another history`);
}

function checkParts(name: string, entry: SealedEntry, entries: readonly SealedEntry[]): void {
  if (entries.length === 1) return;
  const named = parseParts(entry.parts!).flatMap(({ partition, first, last }) =>
    Array.from({ length: last - first + 1 }, (_, index) => `${partition}:${first + index}`),
  );
  const actual = entries.map(({ partition, sequence }) => `${partition}:${sequence}`);
  expect([name, ...named.sort()]).toEqual([name, ...actual.sort()]);
}

/** Nothing that was said contradicts the journal or anything else that was said. */
async function checkAnswers(
  database: TestDatabase,
  journal: readonly SealedEntry[],
  told: readonly Told[],
): Promise<void> {
  const hashes = new Map(journal.map((entry) => [`${entry.partition}:${entry.sequence}`, entry.hash]));
  const hashAt = (partition: number, sequence: number): Uint8Array =>
    sequence === 0 ? genesisHash : hashes.get(`${partition}:${sequence}`)!;
  const entriesOf = Map.groupBy(journal, (entry) => entry.requestId);
  const { rows } = await database.owner.query<{ key: string; outcome: string }>({
    text: "SELECT replace(key::text, '-', '') AS key, outcome FROM result",
  });
  const stored = new Map(rows.map((row) => [row.key, row.outcome]));
  for (const [key, about] of Map.groupBy(told, ({ command }) => command.key)) {
    const entries = entriesOf.get(`req_${key}`) ?? [];
    // What was refused only because something had to be looked up anew may have been asked again.
    const outcome = about.find(isKept) ?? about.find(({ answer }) => !(answer instanceof Error));
    if (outcome !== undefined) checkOutcome(key, outcome, entries, hashAt);
    else if (about.some(({ answer }) => answer instanceof Overloaded)) {
      expect([key, entries.length, stored.has(key)]).toEqual([key, 0, false]);
    }
    for (const told of about) {
      const { answer } = told;
      if (answer instanceof Error || !isKept(told)) continue;
      expect([key, render(answer.outcome)]).toEqual([key, stored.get(key)!]);
    }
  }
}

/** Everything agrees. @returns the journal */
export async function checkLedger(database: TestDatabase, told: readonly Told[] = []): Promise<SealedEntry[]> {
  const journal = await readJournal(database);
  await checkChains(database, journal);
  await checkProjections(database, journal);
  await checkOrders(database, journal);
  await checkAnswers(database, journal, told);
  return journal;
}
