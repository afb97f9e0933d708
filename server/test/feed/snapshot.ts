/** The list of all items, page by page, and the cursor from which the feed goes on behind it. */
import type { InventoryItem } from "@onhand/protocol/resources";
import { request } from "../support/server-process.ts";

export interface Snapshot {
  readonly items: readonly InventoryItem[];
  readonly cursor: string;
}

/** @param pageItems few, so that the snapshot takes several pages while others write */
export async function takeSnapshot(url: string, pageItems: number): Promise<Snapshot> {
  const items: InventoryItem[] = [];
  let feedCursor: string | null = null;
  for (let next: string | null = ""; next !== null; ) {
    const page: string = next === "" ? "" : `&cursor=${encodeURIComponent(next)}`;
    const path = `/v1/inventory?status=all&limit=${pageItems}${page}`;
    const { status, headers, body } = await request<{ data: InventoryItem[]; nextCursor: string | null }>(
      url,
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

/** @returns the items by their ids, for comparing */
export const byId = (items: Iterable<InventoryItem>): Map<string, InventoryItem> =>
  new Map([...items].map((item) => [item.inventoryId, item]));
