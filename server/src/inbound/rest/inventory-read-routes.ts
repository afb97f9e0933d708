/** Calls that read stock: lists and totals, one item, one SKU, movements. */
import { formatInventoryId, parseInventoryId } from "../../core/record/ids.ts";
import type { Reply, Route } from "../../host/route.ts";
import { parseRfc3339Ms } from "../../lib/rfc3339.ts";
import type { AsOf } from "../../queries/as-of-queries.ts";
import type { ItemFilter, ItemViewRow } from "../../queries/item-queries.ts";
import { asOfFilter, asOfView, pageAsOf, readAsOf, readItemAsOf, readSkuAsOf, totalsAsOf } from "./as-of-reads.ts";
import { livesOf } from "./common.ts";
import { feedCursorOf, notFound, type RestContext } from "./context.ts";
import { readRoute } from "./read-route.ts";
import { itemOfRow, levelsOfSum, movementOfRow, productOfRow, totalsOfItems } from "./views.ts";

/** Beyond so many changes, walking through the items is quicker than through the journal. */
const recentEntriesMax = 50_000;

type Query = Readonly<Record<string, unknown>>;

async function changedAfter(rest: RestContext, updatedAfter: unknown): Promise<ItemFilter["changedAfter"]> {
  if (updatedAfter === undefined) return null;
  const from = await rest.feedReader.positionAt(parseRfc3339Ms(updatedAfter as string));
  const { vector } = await rest.watcher.read();
  const entries = vector.positions.reduce((sum, position, partition) => sum + position - from.positions[partition]!, 0);
  return { positions: from.positions, isRecent: entries <= recentEntriesMax };
}

/** @returns null when the filter can match nothing */
async function readFilter(rest: RestContext, query: Query): Promise<ItemFilter | null> {
  let product = query.productId === undefined ? null : rest.items.productKey(query.productId as string);
  if (query.sku !== undefined) {
    const bySku = await rest.items.currentProductOfSku(query.sku as string);
    if (bySku === null || (product !== null && product.productId !== bySku.productId)) return null;
    product = bySku;
  }
  let locationIds = query.locationId === undefined ? null : [query.locationId as string];
  if (query.locationGroup !== undefined) {
    const group = await rest.catalogue.locationsOfGroup(query.locationGroup as string);
    locationIds = locationIds === null ? group : locationIds.filter((id) => group.includes(id));
  }
  return {
    product,
    locationIds,
    availableBelow: (query.availableBelow as number | undefined) ?? null,
    changedAfter: await changedAfter(rest, query.updatedAfter),
    q: (query.q as string | undefined) ?? null,
    lives: livesOf(query.status),
  };
}

/** One listing: its rows are read after the cursor was taken, so reading the feed from the cursor misses nothing. */
async function list(rest: RestContext, query: Query): Promise<Reply> {
  const { limit, cursor: _cursor, minCursor: _minCursor, ...filters } = query;
  const start = rest.pageTokens.read(query, filters);
  const asOf = readAsOf(rest, query);
  const feedCursor = await feedCursorOf(rest, start);
  const filter = await readFilter(rest, query);
  const page =
    filter === null
      ? { rows: [], next: null }
      : await readPage(rest, asOf, query.groupBy, filter, start.after, limit as number);
  const totals =
    query.include === "totals" && query.groupBy === undefined ? { totals: await totalsOf(rest, asOf, filter) } : {};
  const nextCursor = rest.pageTokens.next(page.next, filters, feedCursor);
  const body = { data: page.rows, nextCursor, ...totals, ...(asOf === null ? {} : { asOf: asOfView(asOf) }) };
  return { status: 200, body, headers: { "onhand-cursor": feedCursor } };
}

async function totalsOf(rest: RestContext, asOf: AsOf | null, filter: ItemFilter | null): Promise<object> {
  if (filter === null) return totalsOfItems([]);
  if (asOf !== null) return totalsAsOf(rest, asOf, asOfFilter(filter));
  const row = await rest.items.sum(filter);
  return { ...levelsOfSum(row), locations: row.count };
}

async function readPage(
  rest: RestContext,
  asOf: AsOf | null,
  groupBy: unknown,
  filter: ItemFilter,
  after: readonly unknown[] | null,
  limit: number,
): Promise<{ rows: readonly object[]; next: readonly unknown[] | null }> {
  if (asOf !== null) return pageAsOf(rest, asOf, groupBy as "product" | "location", asOfFilter(filter), after, limit);
  if (groupBy === "product") {
    const page = await rest.items.sumByProduct(filter, after, limit);
    return {
      rows: page.rows.map((row) => ({
        productId: row.product_id,
        sku: row.sku,
        totals: { ...levelsOfSum(row), locations: row.count },
      })),
      next: page.next,
    };
  }
  if (groupBy === "location") {
    const page = await rest.items.sumByLocation(filter, after, limit);
    return {
      rows: page.rows.map((row) => ({
        locationId: row.location_id,
        totals: { ...levelsOfSum(row), products: row.count },
      })),
      next: page.next,
    };
  }
  const page = await rest.items.list(filter, after, limit);
  return { rows: page.rows.map(itemOfRow), next: page.next };
}

const itemReply = (row: ItemViewRow): Reply => ({
  status: 200,
  body: itemOfRow(row),
  headers: { etag: `"${row.version}"` },
});

async function skuOf(rest: RestContext, productId: string): Promise<string | undefined> {
  const row = await rest.catalogue.product(productId);
  return row === null ? undefined : productOfRow(row).sku;
}

/** One item or one SKU as of a past moment. */
async function readPast(rest: RestContext, asOf: AsOf, name: string): Promise<Reply> {
  const position = parseInventoryId(name);
  if (position !== null)
    return readItemAsOf(rest, asOf, name, { partition: position.partition, itemNumber: position.sequence });
  const product = await rest.items.currentProductOfSku(name);
  if (product === null) throw notFound(`inventory item or SKU ${name}`);
  return readSkuAsOf(rest, asOf, name, product);
}

/** One SKU over all locations. A SKU that has moved to another product since it was looked up is looked up again. */
async function readSku(rest: RestContext, sku: string): Promise<Reply> {
  for (const _ of ["known", "looked up again"]) {
    const product = await rest.items.productOfSku(sku);
    if (product === null) break;
    const rows = await rest.items.itemsOf(product);
    if ((rows[0]?.sku ?? (await skuOf(rest, product.productId))) === sku) {
      return {
        status: 200,
        body: { productId: product.productId, sku, totals: totalsOfItems(rows), locations: rows.map(itemOfRow) },
      };
    }
    rest.items.forgetSku(sku);
  }
  throw notFound(`inventory item or SKU ${sku}`);
}

/** Routes that read stock. */
export function inventoryReadRoutes(rest: RestContext): Route[] {
  return [
    readRoute(rest, "listInventory", ({ query }) => list(rest, query)),
    readRoute(rest, "listLocationInventory", async ({ params, query }) => {
      const locationId = params.locationId!;
      if ((await rest.catalogue.location(locationId)) === null) throw notFound(`location ${locationId}`);
      return list(rest, { ...query, locationId });
    }),
    readRoute(rest, "getInventory", async ({ params, query }) => {
      const name = params.inventoryIdOrSku!;
      const asOf = readAsOf(rest, query);
      if (asOf !== null) return readPast(rest, asOf, name);
      const position = parseInventoryId(name);
      const row = position === null ? null : await rest.items.itemByNumber(position.partition, position.sequence);
      if (row !== null) return itemReply(row);
      if (name.startsWith("inv_")) throw notFound(`inventory item ${name}`);
      return readSku(rest, name);
    }),
    readRoute(rest, "listMovements", ({ params, query }) => listMovements(rest, params.inventoryId!, query)),
  ];
}

async function listMovements(rest: RestContext, inventoryId: string, query: Query): Promise<Reply> {
  const position = parseInventoryId(inventoryId);
  // Taken before the newest entry is looked up, like the cursor of any list before its rows.
  const seen = rest.freshness.cursor();
  const row = position === null ? null : await rest.items.itemByNumber(position.partition, position.sequence);
  if (row === null) throw notFound(`inventory item ${inventoryId}`);
  const filters = ["movements", formatInventoryId(row.partition, row.item_number)];
  const start = rest.pageTokens.read(query, filters);
  const feedCursor = start.feedCursor ?? seen;
  const page = await rest.movements.list(
    row.partition,
    (start.after?.[0] as number | undefined) ?? row.last_sequence,
    query.limit as number,
  );
  const next = page.next === null ? null : [page.next];
  return {
    status: 200,
    body: { data: page.rows.map(movementOfRow), nextCursor: rest.pageTokens.next(next, filters, feedCursor) },
    headers: { "onhand-cursor": feedCursor },
  };
}
