/**
 * Levels as of a past moment. By time of recording: each item after its last entry that was recorded by then. By time of
 * occurrence: the sum of whatever is known today to have occurred by then.
 *
 * Of a product or a single item, its entries are walked back, from the checkpoint behind the moment or from today. Of
 * more, the journal is looked through between the moment and the nearest place where all levels are known: a checkpoint on
 * either side, its beginning, or today. Both have a limit; what would pass it is refused.
 */
import { futureToleranceMs, lifeStates } from "@onhand/protocol/vocabulary";
import { evolve } from "../core/evolve.ts";
import type { Item } from "../core/inventory/item.ts";
import type { Database, Queryable, Statement } from "../db/pool.ts";
import { toEntry } from "../journal/entry-reader.ts";
import type { AsOfBasis, AsOfMetrics } from "../telemetry/checkpoint-metrics.ts";
import type { ItemPage } from "./item-queries.ts";
import * as sql from "./sql/as-of.ts";
import { asOfPlaces, type PlaceRow, readOneMoment } from "./sql/as-of-places.ts";
import { walkBack } from "./sql/as-of-walk.ts";

export type { AsOfBasis } from "../telemetry/checkpoint-metrics.ts";
export type { AsOfFilter, AsOfGrouping } from "./sql/as-of.ts";

export const asOfLimits = {
  /** Entries of the items asked for that one answer walks back. */
  walkEntriesMax: 20_000,
  /** Entries of the journal that one answer looks through. */
  rangeEntriesMax: 250_000,
  /** Items of a list that are looked at in one go, at least; those that were not there then are passed over. */
  candidatesMin: 500,
} as const;

/** More entries lie between the moment and what is known nearest to it than one answer looks through. */
export class AsOfTooFar extends Error {
  override readonly name = "AsOfTooFar";
  readonly entries: number;

  constructor(entries: number) {
    super(`${entries} entries lie between the moment and the nearest place where levels are known`);
    this.entries = entries;
  }
}

/** A past moment, and which time of an entry counts. */
export interface AsOf {
  readonly momentMs: number;
  readonly basis: AsOfBasis;
}

/** An item as it was, with the SKU that its product has today. */
export interface AsOfItem {
  readonly item: Item;
  readonly sku: string;
}

export class AsOfQueries {
  readonly #database: Database;
  readonly #metrics: AsOfMetrics;
  readonly #limits: typeof asOfLimits;

  constructor(
    database: Database,
    metrics: AsOfMetrics,
    limits: { readonly [Name in keyof typeof asOfLimits]: number } = asOfLimits,
  ) {
    this.#database = database;
    this.#metrics = metrics;
    this.#limits = limits as typeof asOfLimits;
  }

  /** A page of items as they were. @throws AsOfTooFar */
  list(
    asOf: AsOf,
    filter: sql.AsOfFilter,
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<ItemPage<AsOfItem>> {
    return this.#read(asOf, filter, async (connection, scope) => {
      const isFew = filter.item !== null || filter.product !== null || filter.availableBelow !== null;
      const rows = isFew
        ? (await this.#query<sql.AsOfItemRow>(connection, scope, sql.listAsOf(scope, after, limit + 1))).rows
        : await this.#readPage(connection, scope, after, limit + 1);
      const page = pageOf(rows, limit, (row) => sql.asOfPlaceOf(filter, row));
      return { rows: page.rows.map(itemAsOf), next: page.next };
    });
  }

  /** The sum of all items that a filter lets through, and at how many locations they lay. @throws AsOfTooFar */
  sum(asOf: AsOf, filter: sql.AsOfFilter): Promise<sql.AsOfSumRow> {
    return this.#read(asOf, filter, async (connection, scope) => {
      const { rows } = await this.#query<sql.AsOfSumRow>(connection, scope, sql.sumAsOf(scope));
      return rows[0]!;
    });
  }

  /** A page of sums by product or location. @throws AsOfTooFar */
  sums(
    asOf: AsOf,
    filter: sql.AsOfFilter,
    by: sql.AsOfGrouping,
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<ItemPage<sql.AsOfSumRow>> {
    return this.#read(asOf, filter, async (connection, scope) => {
      const { rows } = await this.#query<sql.AsOfSumRow>(connection, scope, sql.sumsAsOf(scope, by, after, limit + 1));
      return pageOf(rows, limit, (row) => sql.asOfSumPlaceOf(by, row));
    });
  }

  /** Counts what a read looks through. @throws AsOfTooFar when that is more than one answer may */
  #allow(scope: sql.AsOfScope, before = 0): number {
    const { walked, isByOccurrence } = scope;
    const entries = before + (walked === null ? rangeEntries(scope) : entriesOf(walked));
    if (walked === null && entries > this.#limits.rangeEntriesMax) throw new AsOfTooFar(entries);
    this.#metrics.read(isByOccurrence ? "occurred" : "recorded", entries - before);
    return entries;
  }

  /** Runs the one statement that a read comes to. */
  async #query<Row extends object>(
    connection: Queryable,
    scope: sql.AsOfScope,
    statement: Statement,
  ): Promise<{ rows: Row[] }> {
    this.#allow(scope);
    return connection.query<Row>(statement);
  }

  /** Reads items in the order of their list until there are enough, or no more. Only partitions that they lie in are read. */
  async #readPage(
    connection: Queryable,
    scope: sql.AsOfScope,
    from: readonly unknown[] | null,
    count: number,
  ): Promise<sql.AsOfItemRow[]> {
    const found: sql.AsOfItemRow[] = [];
    const batch = Math.max(count, this.#limits.candidatesMin);
    let entries = 0;
    for (let after = from; ; ) {
      const { rows: only } = await connection.query<sql.CandidateRow>(sql.candidates(scope, after, batch));
      if (only.length === 0) return found;
      const plans = scope.plans.filter((plan) => only.some(({ partition }) => partition === plan.partition));
      const part = { ...scope, plans, only };
      entries = this.#allow(part, entries);
      const { rows } = await connection.query<sql.AsOfItemRow>(sql.listAsOf(part, null, count - found.length));
      found.push(...rows);
      if (found.length >= count || only.length < batch) return found;
      after = sql.asOfPlaceOf(scope.filter, only.at(-1)!);
    }
  }

  /** Plans a read and runs it, all in one snapshot. */
  async #read<Result>(
    { momentMs, basis }: AsOf,
    filter: sql.AsOfFilter,
    run: (connection: Queryable, scope: sql.AsOfScope) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await this.#database.transaction(async (connection) => {
        await connection.query(readOneMoment());
        const one = filter.item?.partition ?? filter.product?.partition;
        const { rows: places } = await connection.query<PlaceRow>(
          asOfPlaces(one === undefined ? null : [one], momentMs, momentMs - futureToleranceMs),
        );
        const isByOccurrence = basis === "occurred";
        const scope = { momentMs, isByOccurrence, plans: places.map(planOf), filter };
        const walked = one === undefined ? null : await this.#walk(connection, scope, places[0]);
        return run(connection, { ...scope, walked });
      });
    } catch (error) {
      if (error instanceof AsOfTooFar) this.#metrics.refused(basis);
      throw error;
    }
  }

  /** @returns null where there is more to walk than one answer may */
  async #walk(
    connection: Queryable,
    scope: Omit<sql.AsOfScope, "walked">,
    place: PlaceRow | undefined,
  ): Promise<sql.WalkedItem[] | null> {
    if (place === undefined) return [];
    const { walkEntriesMax } = this.#limits;
    const { rows } = await connection.query<sql.WalkedItem>(walkBack(scope, place.after ?? 0, walkEntriesMax));
    return entriesOf(rows) > walkEntriesMax ? null : rows;
  }
}

/** By occurrence the levels are those that had come about by then, and all else is as it was recorded. */
function itemAsOf(row: sql.AsOfItemRow): AsOfItem {
  const effect = evolve(toEntry(row));
  if (effect.kind !== "item") throw new Error(`entry ${row.sequence} of partition ${row.partition} is not an item's`);
  const levels = {
    onHand: row.as_of_on_hand,
    reserved: row.as_of_reserved,
    unavailable: row.as_of_unavailable,
    incoming: row.as_of_incoming,
  };
  return { item: { ...effect.item, ...levels, life: lifeStates[row.as_of_life]! }, sku: row.sku };
}

const entriesOf = (walked: readonly sql.WalkedItem[]): number => walked.reduce((sum, row) => sum + row.walked, 0);

/** @returns the shortest way between the place in a partition and where all its levels are known */
export function planOf(row: PlaceRow): sql.PartitionPlan {
  const { partition, place, settled, head, before, after, next, last } = row;
  const forward = { base: before ?? 0, after: before ?? 0, upTo: place, isForward: true };
  const end = after ?? head;
  const backward = { base: after ?? 0, after: place, upTo: end, isForward: false };
  const way = end - place <= place - forward.after ? backward : forward;
  const lateAt = next === null ? { next: head, last: head, late: 0 } : { next, last: last!, late: row.late };
  return { partition, place, settled, ...way, ...lateAt, head };
}

/** Entries and late movements that a read of some partitions looks through. */
function rangeEntries({ plans, isByOccurrence }: Pick<sql.AsOfScope, "plans" | "isByOccurrence">): number {
  return plans.reduce((sum, { after, upTo, settled, next, last, head, late }) => {
    const toFindLate = isByOccurrence ? next - settled + (head - last) + late : 0;
    return sum + (upTo - after) + toFindLate;
  }, 0);
}

/** One row more than the page was read: it tells whether there is a next page. */
function pageOf<Row>(rows: readonly Row[], limit: number, placeOf: (row: Row) => readonly unknown[]): ItemPage<Row> {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, next: rows.length > limit && last !== undefined ? placeOf(last) : null };
}
