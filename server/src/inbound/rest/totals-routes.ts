/** /v1/totals and /v1/valuations: consolidated stock, where it comes from, and what it is worth. */
import type { ConsolidatedTotals, TotalGrouping, ValuateStock } from "@onhand/protocol/consolidated";
import { totalLimits } from "@onhand/protocol/consolidated";
import type { Group, Share, Sums } from "../../consolidated/fold.ts";
import { placeLimits, TooManyLocations } from "../../consolidated/places.ts";
import {
  TooManyProducts,
  type TotalsFilter,
  type TotalsPage,
  type TotalsQueries,
  totalsLimits,
} from "../../consolidated/totals.ts";
import type { ValuationQueries } from "../../consolidated/valuation.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Reply, Route } from "../../host/route.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";
import { ordinaryBodyBytesMax } from "./common.ts";
import { feedCursorOf, type RestContext } from "./context.ts";
import { readRoute } from "./read-route.ts";
import { levelsOfSum } from "./views.ts";

/** What the routes of totals work with beside the others. */
export interface TotalsContext extends RestContext {
  readonly totals: TotalsQueries;
  readonly valuation: ValuationQueries;
}

type Query = Readonly<Record<string, unknown>>;

/** @returns the routes of consolidated stock */
export function totalsRoutes(context: TotalsContext): Route[] {
  return [
    readRoute(context, "listTotals", ({ query }) => explained(() => list(context, query))),
    {
      operationId: "valuateStock",
      bodyBytesMax: ordinaryBodyBytesMax,
      handle: ({ body }) => explained(() => valuate(context, body as ValuateStock)),
    },
  ];
}

async function list(context: TotalsContext, query: Query): Promise<Reply> {
  const { limit, cursor: _cursor, minCursor: _minCursor, ...filters } = query;
  const groupBy = query.groupBy as TotalGrouping;
  if ((groupBy === "attribute") !== (query.attribute !== undefined))
    throw invalid("/attribute", "goes with groupBy=attribute, which needs it: the name of the attribute.");
  const start = context.pageTokens.read(query, filters);
  const feedCursor = await feedCursorOf(context, start);
  const filter = await filterOf(context, query);
  const page =
    filter === null ? nothing : await readPage(context.totals, groupBy, query, filter, start.after, limit as number);
  return {
    status: 200,
    body: {
      data: page.groups.map((group) => viewOf(groupBy, group, page.skus, query.attribute as string | undefined)),
      nextCursor: context.pageTokens.next(page.next, filters, feedCursor),
    },
    headers: { "onhand-cursor": feedCursor },
  };
}

const nothing: TotalsPage = { groups: [], skus: new Map(), next: null };

function readPage(
  totals: TotalsQueries,
  groupBy: TotalGrouping,
  query: Query,
  filter: TotalsFilter,
  after: readonly unknown[] | null,
  limit: number,
): Promise<TotalsPage> {
  const lastKey = (after?.[0] as string | undefined) ?? null;
  switch (groupBy) {
    case "product":
      return totals.byProduct(filter, after, limit);
    case "attribute":
      return totals.byAttribute(query.attribute as string, filter, after, limit);
    case "channel":
      return totals.byChannel(filter, lastKey, limit);
    default:
      return totals.byPlace(groupBy, filter, lastKey, limit);
  }
}

/** @returns null when no product is of that name */
async function filterOf({ items }: TotalsContext, query: Query): Promise<TotalsFilter | null> {
  let product = query.productId === undefined ? null : items.productKey(query.productId as string);
  if (query.sku !== undefined) {
    const bySku = await items.currentProductOfSku(query.sku as string);
    if (bySku === null || (product !== null && product.productId !== bySku.productId)) return null;
    product = bySku;
  }
  const chosen = ["locationId", "locationGroup", "region", "sourceId"].filter((name) => query[name] !== undefined);
  return {
    product,
    attributes: attributesOf(query.attributes as string | undefined),
    ...Object.fromEntries(chosen.map((name) => [name, query[name] as string])),
  };
}

/** `name:value,name:value`. A value may be a text, and what reads as a number or a truth value may be that, too. */
function attributesOf(text: string | undefined): TotalsFilter["attributes"] {
  if (text === undefined) return [];
  const pairs = text.split(",").map((pair) => {
    const at = pair.indexOf(":");
    if (at < 1) throw invalid("/attributes", "is written name:value, with commas between several.");
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  if (pairs.length > totalLimits.attributesMax)
    throw invalid("/attributes", `takes at most ${totalLimits.attributesMax} attributes.`);
  return pairs.map(([name, value]) => ({
    name,
    values: /^(true|false|-?(0|[1-9]\d{0,15})(\.\d{1,15})?)$/.test(value)
      ? [JSON.stringify(value), value]
      : [JSON.stringify(value)],
  }));
}

function viewOf(
  groupBy: TotalGrouping,
  { group, total, fresh, stale, shares }: Group,
  skus: ReadonlyMap<string, string>,
  attribute: string | undefined,
): ConsolidatedTotals {
  return {
    key: keyOf(groupBy, group, skus, attribute),
    totals: levelsOf(total),
    fresh: levelsOf(fresh),
    stale: stale === null ? null : levelsOf(stale),
    provenance: shares.map(shareOf),
  };
}

const orNull = (key: string): string | null => (key === "" ? null : key);

function keyOf(
  groupBy: TotalGrouping,
  group: string,
  skus: ReadonlyMap<string, string>,
  attribute: string | undefined,
): ConsolidatedTotals["key"] {
  switch (groupBy) {
    case "product":
      return { productId: group, sku: skus.get(group)! };
    case "attribute":
      return { attribute: attribute!, value: group };
    case "region":
      return { region: orNull(group) };
    case "source":
      return { sourceId: orNull(group) };
    case "location":
      return { locationId: group };
    case "locationGroup":
      return { locationGroup: group };
    case "channel":
      return { channelId: group };
  }
}

const levelsOf = ({ onHand, reserved, unavailable, incoming }: Sums) =>
  levelsOfSum({ on_hand: onHand, reserved, unavailable, incoming, count: 0 });

const shareOf = ({ sourceId, isStale, lastHeardAtMs, sums }: Share): ConsolidatedTotals["provenance"][number] => ({
  sourceId,
  isStale,
  lastHeardAt: lastHeardAtMs === null ? null : formatRfc3339(lastHeardAtMs),
  totals: levelsOf(sums),
});

async function valuate({ valuation }: TotalsContext, body: ValuateStock): Promise<Reply> {
  const { currency, rates = {}, basis = "stockLevel", locationGroup = null } = body;
  const value = await valuation.value(currency, basis as "stockLevel", rates, locationGroup);
  return { status: 200, body: { currency, basis, ...value } };
}

const invalid = (pointer: string, message: string): ProblemError =>
  new ProblemError("validation_failed", `${pointer.slice(1)} ${message}`, { errors: [{ pointer, message }] });

async function explained(read: () => Promise<Reply>): Promise<Reply> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TooManyLocations)
      throw invalid("/groupBy", `totals are made over at most ${placeLimits.locationsMax} locations.`);
    if (error instanceof TooManyProducts)
      throw invalid("/attributes", `chooses more than ${totalsLimits.productsMax} products; name more attributes.`);
    throw error;
  }
}
