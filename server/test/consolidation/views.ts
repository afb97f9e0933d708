/** Every view that Onhand gives of its stock, read to its end and brought into a form that can be compared. */
import type { ServerProcess } from "../support/server-process.ts";
import { itemKey } from "./truth.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers of many calls, read by name
type Json = any;

/** @returns all rows of a list, page after page */
export async function allOf(server: ServerProcess, path: string, limit = 1_000): Promise<Json[]> {
  const rows: Json[] = [];
  for (let cursor = ""; ; ) {
    const join = path.includes("?") ? "&" : "?";
    const page: Json = await server.expect(
      "GET",
      `${path}${join}limit=${limit}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    rows.push(...page.data);
    if (page.nextCursor === null || page.nextCursor === undefined) return rows;
    cursor = page.nextCursor;
  }
}

export const itemsOf = (server: ServerProcess): Promise<Json[]> => allOf(server, "/v1/inventory");

/** @returns levels by item; those of nothing are left out, for who never had anything need not be shown */
export function levelsOf(items: readonly Json[]): Map<string, number> {
  return new Map(items.filter((item) => item.stockLevel !== 0).map((item) => [itemKey(item), item.stockLevel]));
}

export async function totalsBy(server: ServerProcess, groupBy: string, name: string, query = ""): Promise<Json[]> {
  const rows = await allOf(server, `/v1/totals?groupBy=${groupBy}${query}`, 50);
  return rows.map((row) => ({ group: row.key[name], ...row }));
}

/** @returns every event of items, with what it moved */
export async function movesOf(server: ServerProcess): Promise<Json[]> {
  const events: Json[] = [];
  for (let since = "2020-01-01T00:00:00Z"; ; ) {
    const page: Json = await server.expect(
      "GET",
      `/v1/inventory/updates?limit=1000&since=${encodeURIComponent(since)}`,
    );
    events.push(...page.data);
    const cursor = page.nextCursor;
    if (page.data.length === 0 || cursor === null) return events;
    since = cursor;
  }
}
