/** Reads of stock as of a past moment: what `asOf` and `asOfBasis` make of lists, totals, items and SKUs. */
import type { AsOfView } from "@onhand/protocol/as-of";
import type { InventoryItem } from "@onhand/protocol/resources";
import { futureToleranceMs } from "@onhand/protocol/vocabulary";
import { ProblemError } from "../../host/problem.ts";
import type { Reply } from "../../host/route.ts";
import { formatRfc3339, parseRfc3339Ms } from "../../lib/rfc3339.ts";
import {
  type AsOf,
  type AsOfFilter,
  type AsOfGrouping,
  type AsOfItem,
  AsOfTooFar,
  asOfLimits,
} from "../../queries/as-of-queries.ts";
import type { ItemFilter } from "../../queries/item-queries.ts";
import type { RestContext } from "./context.ts";
import { itemOfOutcome, levelsOfSum } from "./views.ts";

type Query = Readonly<Record<string, unknown>>;

const refused = (pointer: string, message: string, detail: string): ProblemError =>
  new ProblemError("validation_failed", detail, { errors: [{ pointer, message }] });

/** @returns the moment that a query asks for; null for today @throws ProblemError 400 */
export function readAsOf(rest: RestContext, query: Query): AsOf | null {
  const { asOf, asOfBasis } = query;
  if (asOf === undefined) {
    if (asOfBasis === undefined) return null;
    throw refused(
      "/asOfBasis",
      "needs asOf",
      "asOfBasis says how asOf is meant. Send asOf with it, or leave both out.",
    );
  }
  const momentMs = parseRfc3339Ms(asOf as string);
  if (momentMs > rest.clock.nowMs() + futureToleranceMs)
    throw refused(
      "/asOf",
      "lies in the future",
      "asOf lies in the future, of which nothing is known. Send a moment that has passed.",
    );
  if (query.updatedAfter !== undefined)
    throw refused(
      "/updatedAfter",
      "does not go with asOf",
      "updatedAfter looks at today's items and does not go with asOf. Leave one of them out.",
    );
  return { momentMs, basis: (asOfBasis as AsOf["basis"] | undefined) ?? "recorded" };
}

/** How an answer says which moment it is of. */
export const asOfView = ({ momentMs, basis }: AsOf): AsOfView => ({ moment: formatRfc3339(momentMs), basis });

/** @throws ProblemError 400 for what lies too far from everything that is known */
async function explainingDistance<Result>(read: Promise<Result>): Promise<Result> {
  try {
    return await read;
  } catch (error) {
    if (!(error instanceof AsOfTooFar)) throw error;
    const { rangeEntriesMax } = asOfLimits;
    throw refused(
      "/asOf",
      "is too far from the nearest checkpoint",
      `${error.entries} entries of the journal lie between the moment and the nearest checkpoint or today; one answer looks through ${rangeEntriesMax}. Ask for one product or item, whose own entries are fewer, or have checkpoints made more often (ONHAND_CHECKPOINT_ENTRIES) and kept longer (ONHAND_CHECKPOINTS_KEPT).`,
    );
  }
}

const itemAsOf = ({ item, sku }: AsOfItem): InventoryItem => itemOfOutcome(item, sku);

/** @returns a filter of today's list as one of a past moment */
export const asOfFilter = (filter: ItemFilter): AsOfFilter => ({
  product: filter.product,
  item: null,
  locationIds: filter.locationIds,
  availableBelow: filter.availableBelow,
  q: filter.q,
  lives: filter.lives,
});

/** A page of items, or of totals by product or location. */
export async function pageAsOf(
  rest: RestContext,
  asOf: AsOf,
  groupBy: AsOfGrouping | undefined,
  filter: AsOfFilter,
  after: readonly unknown[] | null,
  limit: number,
): Promise<{ rows: readonly object[]; next: readonly unknown[] | null }> {
  if (groupBy === undefined) {
    const page = await explainingDistance(rest.asOf.list(asOf, filter, after, limit));
    return { rows: page.rows.map(itemAsOf), next: page.next };
  }
  const page = await explainingDistance(rest.asOf.sums(asOf, filter, groupBy, after, limit));
  const rows = page.rows.map((row) =>
    groupBy === "product"
      ? { productId: row.product_id, sku: row.sku, totals: { ...levelsOfSum(row), locations: row.count } }
      : { locationId: row.location_id, totals: { ...levelsOfSum(row), products: row.count } },
  );
  return { rows, next: page.next };
}

/** The sum of all items of a filter. */
export async function totalsAsOf(rest: RestContext, asOf: AsOf, filter: AsOfFilter): Promise<object> {
  const row = await explainingDistance(rest.asOf.sum(asOf, filter));
  return { ...levelsOfSum(row), locations: row.count };
}

const everyFilter = { product: null, item: null, locationIds: null, availableBelow: null, q: null } as const;
/** In use and archived: what was deleted by then is not there. */
const notDeleted = [0, 1];
/** Items of one product: one for each location, of which there may be so many. */
const locationsMax = 10_000;

/** One item. @throws ProblemError 404 */
export async function readItemAsOf(
  rest: RestContext,
  asOf: AsOf,
  inventoryId: string,
  item: NonNullable<AsOfFilter["item"]>,
): Promise<Reply> {
  const filter = { ...everyFilter, item, lives: notDeleted };
  const { rows } = await explainingDistance(rest.asOf.list(asOf, filter, null, 1));
  const [row] = rows;
  if (row === undefined)
    throw new ProblemError(
      "not_found",
      `There was no inventory item ${inventoryId} at ${formatRfc3339(asOf.momentMs)}. Check the id, or ask for a later moment.`,
    );
  return { status: 200, body: { ...itemAsOf(row), asOf: asOfView(asOf) } };
}

/** One SKU over all locations; it is that of today. */
export async function readSkuAsOf(
  rest: RestContext,
  asOf: AsOf,
  sku: string,
  product: NonNullable<AsOfFilter["product"]>,
): Promise<Reply> {
  const filter = { ...everyFilter, product, lives: notDeleted };
  const { rows } = await explainingDistance(rest.asOf.list(asOf, filter, null, locationsMax));
  const sum = (of: (item: AsOfItem["item"]) => number): number => rows.reduce((total, { item }) => total + of(item), 0);
  const totals = levelsOfSum({
    on_hand: sum((item) => item.onHand),
    reserved: sum((item) => item.reserved),
    unavailable: sum((item) => item.unavailable),
    incoming: sum((item) => item.incoming),
    count: rows.length,
  });
  return {
    status: 200,
    body: {
      productId: product.productId,
      sku,
      totals: { ...totals, locations: rows.length },
      locations: rows.map(itemAsOf),
      asOf: asOfView(asOf),
    },
  };
}
