/** Products, locations and stock to work on, made over HTTP; and what the API shows of it afterwards. */
import type { InventoryItem } from "@onhand/protocol/resources";
import type { ServerProcess } from "../support/server-process.ts";
import type { ItemAnswer } from "./load.ts";

export const productIdOf = (index: number): string => `p${index}`;
export const locationIdOf = (index: number): string => `l${index}`;

/** Creates products at locations, each with so many units. */
export async function stockUp(server: ServerProcess, products: number, locations: number, units: number) {
  const indexes = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  for (const index of indexes(locations))
    await server.expect("POST", "/v1/locations", { locationId: locationIdOf(index), name: "L", type: "store" });
  for (const index of indexes(products))
    await server.expect("POST", "/v1/products", { productId: productIdOf(index), sku: `SKU-${index}`, name: "P" });
  const updates = indexes(products).flatMap((product) =>
    indexes(locations).map((location) => ({
      productId: productIdOf(product),
      locationId: locationIdOf(location),
      adjustment: units,
      reason: "opening stock",
    })),
  );
  const answer = await server.expect<{ applied: number }>("POST", "/v1/inventory/bulk-update", {
    mode: "atomic",
    updates,
  });
  if (answer.applied !== updates.length) throw new Error(`only ${answer.applied} of ${updates.length} items were made`);
}

/** Adjusts once, without load. */
export const adjust = (server: ServerProcess, productId: string, locationId: string, adjustment: number) =>
  server.expect<ItemAnswer>("POST", "/v1/inventory", { productId, locationId, adjustment, reason: "test" });

/** All items, page by page, and the cursor from which the feed goes on. */
export async function listItems(server: ServerProcess): Promise<{ items: InventoryItem[]; cursor: string }> {
  const items: InventoryItem[] = [];
  let feedCursor: string | null = null;
  for (let next: string | null = ""; next !== null; ) {
    const path: string = `/v1/inventory?limit=1000&status=all${next === "" ? "" : `&cursor=${encodeURIComponent(next)}`}`;
    const { headers, status, body } = await server.request<{ data: InventoryItem[]; nextCursor: string | null }>(
      "GET",
      path,
    );
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    feedCursor ??= headers.get("onhand-cursor");
    items.push(...body.data);
    next = body.nextCursor;
  }
  return { items, cursor: feedCursor! };
}
