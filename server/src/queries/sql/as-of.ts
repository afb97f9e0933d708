/**
 * Statements that read levels as of a past moment. Every item has its row in `item` for ever, so lists walk through that
 * and take from elsewhere what has changed since: from the entries between the moment and what is known nearest to it,
 * or from the levels of a checkpoint. All statements of one answer run in one snapshot.
 */
import { bigintColumn, booleanColumn, integerColumn, textArray } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";
import { type EntryRow, entryColumns } from "../../journal/entry-reader.ts";
import { momentOf } from "./as-of-places.ts";
import type { SumRow } from "./items.ts";

/** How one partition is read. Numbers are sequences. */
export interface PartitionPlan {
  readonly partition: number;
  readonly place: number;
  readonly settled: number;
  /** Checkpoint whose levels stand for what did not change in the range; 0 for none. */
  readonly base: number;
  /** The range of entries between the base, or today, and the place. */
  readonly after: number;
  readonly upTo: number;
  /** The place lies at the end of the range; else in front of it. */
  readonly isForward: boolean;
  /** What came late lies up to `next`, in the late movements of checkpoints behind it up to `last`, and from there on. */
  readonly next: number;
  readonly last: number;
  readonly head: number;
  /** Late movements of those checkpoints. */
  readonly late: number;
}

export interface AsOfFilter {
  readonly product: { readonly partition: number; readonly productId: string } | null;
  readonly item: { readonly partition: number; readonly itemNumber: number } | null;
  readonly locationIds: readonly string[] | null;
  readonly availableBelow: number | null;
  readonly q: string | null;
  /** Indices into `lifeStates` to show, of the item alone. */
  readonly lives: readonly number[];
}

/** What was found by walking back along the entries of few items. */
export interface WalkedItem {
  readonly item_number: number;
  /** Its last entry recorded by the moment; null when it had none. */
  readonly sequence: number | null;
  /** What had occurred otherwise than it was recorded; null for nothing. */
  readonly on_hand: number | null;
  readonly reserved: number | null;
  readonly unavailable: number | null;
  readonly incoming: number | null;
  /** Entries that were looked at. */
  readonly walked: number;
}

/** What a read is about. */
export interface AsOfScope {
  readonly momentMs: number;
  readonly isByOccurrence: boolean;
  readonly plans: readonly PartitionPlan[];
  readonly filter: AsOfFilter;
  /** Of few items, in one partition; null where the range is looked through. */
  readonly walked: readonly WalkedItem[] | null;
  /** Only these items; absent for all that the filter lets through. */
  readonly only?: readonly CandidateRow[];
}

/** An item that may be on a page; what it was is not known yet. */
export interface CandidateRow {
  readonly partition: number;
  readonly item_number: number;
  readonly product_id: string;
  readonly location_id: string;
}

/** Adds a parameter. @returns its name in the statement */
export type Bind = (value: unknown) => string;

/** Columns of the four states. */
export const stateNames = ["on_hand", "reserved", "unavailable", "incoming"] as const;

/** Whether a row of that name moved anything. */
export const hasMoved = (alias: string): string =>
  `(${stateNames.map((name) => `${alias}.${name}_delta <> 0`).join(" OR ")})`;

function plansOf(plans: readonly PartitionPlan[], bind: Bind): string {
  const column = (of: (plan: PartitionPlan) => number): string => `${bind(bigintColumn(plans, of))}::bigint[]`;
  const columns = [
    `${bind(integerColumn(plans, (plan) => plan.partition))}::integer[]`,
    `${bind(booleanColumn(plans, (plan) => plan.isForward))}::boolean[]`,
    ...(["place", "settled", "base", "after", "upTo", "next", "last", "head"] as const).map((name) =>
      column((plan) => plan[name]),
    ),
  ];
  return `plan AS MATERIALIZED (SELECT * FROM unnest(${columns.join(", ")})
    n(partition, is_forward, place, settled, base, after, up_to, next, last, head))`;
}

/** Conditions on entries that no item of the filter can fail. */
function entryConditions({ product, locationIds }: AsOfFilter, bind: Bind): string {
  return [
    product === null ? "" : `AND j.product_id = ${bind(product.productId)}`,
    locationIds === null ? "" : `AND j.location_id = ANY(${bind(textArray(locationIds))}::text[])`,
  ].join(" ");
}

/** Of each item that changed in the range, the entry that it stood at. */
const movedInRange = (narrow: string): string => `moved AS MATERIALIZED (
    SELECT n.partition, j.item_number, CASE WHEN n.is_forward THEN max(j.sequence) ELSE min(j.previous_sequence) END AS sequence
    FROM plan n JOIN journal j ON j.partition = n.partition AND j.sequence > n.after AND j.sequence <= n.up_to
    WHERE j.item_number IS NOT NULL ${narrow} GROUP BY n.partition, j.item_number, n.is_forward)`;

/** Of each item, what had occurred by the moment and was recorded later, less what was recorded and occurred later. */
function lateInRange(narrow: string, moment: string): string {
  const entry = (sign: string): string =>
    `SELECT j.partition, j.item_number, ${stateNames.map((name) => `${sign} * j.${name}_delta AS ${name}`).join(", ")}
     FROM plan n JOIN journal j ON j.partition = n.partition`;
  const moving = `j.item_number IS NOT NULL AND ${hasMoved("j")} ${narrow}`;
  return `late AS MATERIALIZED (
    SELECT partition, item_number, ${stateNames.map((name) => `sum(${name})::bigint AS ${name}`).join(", ")} FROM (
      ${entry("-1")} AND j.sequence > n.settled AND j.sequence <= n.place WHERE j.occurred_at > ${moment} AND ${moving}
      UNION ALL
      ${entry("1")} AND j.sequence > n.place AND j.sequence <= n.next WHERE j.occurred_at <= ${moment} AND ${moving}
      UNION ALL
      ${entry("1")} AND j.sequence > n.last AND j.sequence <= n.head WHERE j.occurred_at <= ${moment} AND ${moving}
      UNION ALL
      SELECT c.partition, c.item_number, ${stateNames.map((name) => `c.${name}_delta`).join(", ")}
      FROM plan n JOIN checkpoint_late c ON c.partition = n.partition AND c.checkpoint > n.next AND c.checkpoint <= n.last
      WHERE c.occurred_at <= ${moment}) l GROUP BY partition, item_number)`;
}

/** The same of few items that were walked. */
function walkedTables(walked: readonly WalkedItem[], partition: number, bind: Bind): string {
  const column = (rows: readonly WalkedItem[], of: (row: WalkedItem) => number | null): string =>
    `${bind(bigintColumn(rows, of))}::bigint[]`;
  const moved = walked.filter(({ sequence }) => sequence !== null);
  const late = walked.filter(({ on_hand }) => on_hand !== null);
  const columns = stateNames.map((name) => column(late, (row) => row[name]));
  return `moved AS MATERIALIZED (SELECT ${partition} AS partition, u.* FROM unnest(${column(moved, (row) => row.item_number)}, ${column(moved, (row) => row.sequence)}) u(item_number, sequence)),
    late AS MATERIALIZED (SELECT ${partition} AS partition, u.* FROM unnest(${column(late, (row) => row.item_number)}, ${columns.join(", ")}) u(item_number, ${stateNames.join(", ")}))`;
}

const lifeOfEntry = "CASE WHEN e.detail->>'life' = 'archived' OR e.kind = 4 THEN 1 WHEN e.kind = 5 THEN 2 ELSE 0 END";

/** Which items a filter lets through whatever they were. */
function staticConditions({ product, item, locationIds, q }: AsOfFilter, bind: Bind): string[] {
  const where: string[] = [];
  if (product !== null)
    where.push(`i.partition = ${bind(product.partition)} AND i.product_id = ${bind(product.productId)}`);
  if (item !== null) where.push(`i.partition = ${bind(item.partition)} AND i.item_number = ${bind(item.itemNumber)}`);
  if (locationIds !== null) where.push(`i.location_id = ANY(${bind(textArray(locationIds))}::text[])`);
  if (q !== null) {
    const pattern = bind(`%${q.replace(/[\\%_]/g, "\\$&")}%`);
    where.push(`(p.name ILIKE ${pattern} OR p.sku ILIKE ${pattern})`);
  }
  return where;
}

/** Of those, which there were. */
const itemConditions = ({ filter, isByOccurrence }: AsOfScope, bind: Bind): string =>
  [
    isByOccurrence ? "(i.item_number <= n.place OR t.item_number IS NOT NULL)" : "i.item_number <= n.place",
    ...staticConditions(filter, bind),
  ].join(" AND ");

/**
 * Every item that there was, with its levels, its life and the entry that it stood at. `c` is the checkpoint's row, `e`
 * the entry of an item that changed in the range, `t` what came late.
 */
function itemsAsOf(scope: AsOfScope, bind: Bind): { tables: string; items: string } {
  const { isByOccurrence, walked, plans, filter, only } = scope;
  const narrow = walked === null ? entryConditions(filter, bind) : "";
  const changes =
    walked === null
      ? [movedInRange(narrow), ...(isByOccurrence ? [lateInRange(narrow, momentOf(bind(scope.momentMs)))] : [])]
      : [walkedTables(walked, plans[0]?.partition ?? 0, bind)];
  const level = (name: string): string => {
    const recorded = `CASE WHEN i.item_number > n.place THEN 0 WHEN i.last_sequence <= n.place THEN i.${name} WHEN m.sequence IS NOT NULL THEN e.${name} ELSE c.${name} END`;
    return `${recorded}${isByOccurrence ? ` + coalesce(t.${name}, 0)` : ""} AS ${name}`;
  };
  return {
    tables: `WITH ${[plansOf(plans, bind), ...changes].join(", ")}`,
    items: `SELECT i.partition, i.product_id, i.location_id, p.sku, ${stateNames.map(level).join(", ")},
        CASE WHEN i.item_number > n.place THEN i.item_number WHEN i.last_sequence <= n.place THEN i.last_sequence ELSE coalesce(m.sequence, c.last_sequence) END AS sequence,
        CASE WHEN i.item_number > n.place THEN 0 WHEN i.last_sequence <= n.place THEN i.life WHEN m.sequence IS NOT NULL THEN ${lifeOfEntry} ELSE c.life END AS life
      FROM ${only === undefined ? "" : `${candidatesOf(only, bind)} JOIN `}item i ${only === undefined ? "" : "ON i.partition = k.partition AND i.item_number = k.item_number "}JOIN plan n ON n.partition = i.partition
      JOIN product p ON p.partition = i.partition AND p.product_id = i.product_id
      LEFT JOIN moved m ON m.partition = i.partition AND m.item_number = i.item_number
      LEFT JOIN journal e ON e.partition = i.partition AND e.sequence = m.sequence AND i.last_sequence > n.place AND i.item_number <= n.place
      LEFT JOIN checkpoint_level c ON c.partition = i.partition AND c.checkpoint = n.base AND c.item_number = i.item_number AND i.last_sequence > n.place AND m.sequence IS NULL
      ${isByOccurrence ? "LEFT JOIN late t ON t.partition = i.partition AND t.item_number = i.item_number" : ""}
      WHERE ${itemConditions(scope, bind)}`,
  };
}

const candidatesOf = (only: readonly CandidateRow[], bind: Bind): string =>
  `unnest(${bind(integerColumn(only, (row) => row.partition))}::integer[], ${bind(bigintColumn(only, (row) => row.item_number))}::bigint[]) k(partition, item_number)`;

/** Conditions on what the items were. */
function stateConditions({ lives, availableBelow }: AsOfFilter, bind: Bind): string[] {
  const where = [`a.life = ANY(${bind([...lives])}::integer[])`];
  if (availableBelow !== null) where.push(`a.on_hand - a.reserved - a.unavailable < ${bind(availableBelow)}`);
  return where;
}

/** An item as of the moment: the entry that it stood at, and its levels then. */
export interface AsOfItemRow extends EntryRow {
  readonly sku: string;
  readonly as_of_on_hand: number;
  readonly as_of_reserved: number;
  readonly as_of_unavailable: number;
  readonly as_of_incoming: number;
  /** Index into `lifeStates`; what nobody had recorded yet was in use. */
  readonly as_of_life: number;
}

const orderOf = ({ product, locationIds }: AsOfFilter): readonly string[] =>
  product === null && locationIds !== null
    ? ["location_id", "partition", "product_id"]
    : ["partition", "product_id", "location_id"];

/** @returns where a row stands in the order of its list */
export function asOfPlaceOf(filter: AsOfFilter, row: AsOfItemRow | CandidateRow): unknown[] {
  return orderOf(filter).map((name) => row[name as keyof typeof row]);
}

/** The next items that may be on a page, by the index that serves its order: a list need not be sorted as a whole. */
export function candidates({ filter }: AsOfScope, after: readonly unknown[] | null, limit: number): Statement {
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const order = orderOf(filter)
    .map((name) => `i.${name}`)
    .join(", ");
  const where = staticConditions(filter, bind);
  if (after !== null) where.push(`(${order}) > (${after.map(bind).join(", ")})`);
  const product =
    filter.q === null ? "" : "JOIN product p ON p.partition = i.partition AND p.product_id = i.product_id";
  return {
    text: `SELECT i.partition, i.item_number, i.product_id, i.location_id FROM item i ${product}
           ${where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`} ORDER BY ${order} LIMIT ${bind(limit)}`,
    values,
  };
}

/** A page of items as of the moment. @param after place of the last row of the page before, or null */
export function listAsOf(scope: AsOfScope, after: readonly unknown[] | null, limit: number): Statement {
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const { tables, items } = itemsAsOf(scope, bind);
  const order = orderOf(scope.filter)
    .map((name) => `a.${name}`)
    .join(", ");
  const where = stateConditions(scope.filter, bind);
  if (after !== null) where.push(`(${order}) > (${after.map(bind).join(", ")})`);
  return {
    text: `${tables} SELECT ${entryColumns}, a.sku, a.life AS as_of_life, ${stateNames.map((name) => `a.${name} AS as_of_${name}`).join(", ")}
           FROM (${items}) a JOIN journal j ON j.partition = a.partition AND j.sequence = a.sequence
           WHERE ${where.join(" AND ")} ORDER BY ${order} LIMIT ${bind(limit)}`,
    values,
  };
}

const sums = stateNames.map((name) => `coalesce(sum(a.${name}), 0)::bigint AS ${name}`).join(", ");

/** By what sums are grouped: how their rows are named, and the order of their pages. */
const groupings = {
  product: { columns: "a.partition, a.product_id, a.sku", order: ["partition", "product_id"] },
  location: { columns: "a.location_id", order: ["location_id"] },
} as const;
export type AsOfGrouping = keyof typeof groupings;

/** The sum of all items as of the moment, and at how many locations they lay. */
export function sumAsOf(scope: AsOfScope): Statement {
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const { tables, items } = itemsAsOf(scope, bind);
  const where = stateConditions(scope.filter, bind).join(" AND ");
  return {
    text: `${tables} SELECT ${sums}, count(DISTINCT a.location_id) AS count FROM (${items}) a WHERE ${where}`,
    values,
  };
}

export interface AsOfSumRow extends SumRow {
  readonly partition?: number;
  readonly product_id?: string;
  readonly sku?: string;
  readonly location_id?: string;
}

/** @returns where a row of sums stands in the order of its list */
export function asOfSumPlaceOf(by: AsOfGrouping, row: AsOfSumRow): unknown[] {
  return groupings[by].order.map((name) => row[name]);
}

/** A page of sums by product or location as of the moment. */
export function sumsAsOf(
  scope: AsOfScope,
  by: AsOfGrouping,
  after: readonly unknown[] | null,
  limit: number,
): Statement {
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const { tables, items } = itemsAsOf(scope, bind);
  const { columns, order } = groupings[by];
  const key = order.map((name) => `a.${name}`).join(", ");
  const where = stateConditions(scope.filter, bind);
  if (after !== null) where.push(`(${key}) > (${after.map(bind).join(", ")})`);
  return {
    text: `${tables} SELECT ${columns}, ${sums}, count(*) AS count FROM (${items}) a WHERE ${where.join(" AND ")}
           GROUP BY ${columns} ORDER BY ${key} LIMIT ${bind(limit)}`,
    values,
  };
}
