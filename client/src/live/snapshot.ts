/** Reads a snapshot: every page of every listing that a filter needs. */
import type { InventoryItem } from "@onhand/protocol/resources";
import type { Page } from "../listing.ts";
import { request, type Transport } from "../request.ts";
import { meaningOf } from "../tail/failure.ts";
import type { TailEnd } from "../tail/tail.ts";
import { type FeedFilter, listingsOf } from "./filter.ts";

/** Items in a page of a snapshot. */
const pageItems = 1_000;

export interface SnapshotRequest {
  readonly http: Transport;
  readonly filter: FeedFilter;
  readonly signal: AbortSignal;
}

/**
 * @param onPage told of each page; of the first one with the place in the feed before which nothing is missing
 * @throws OnhandProblem, OnhandUnreachable
 */
export async function readSnapshot(
  { http, filter, signal }: SnapshotRequest,
  onPage: (rows: readonly InventoryItem[], cursor: string | null) => void,
): Promise<void> {
  for (const [index, listing] of listingsOf(filter).entries()) {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = { ...listing, status: "all", limit: pageItems, cursor };
      const call = { method: "GET", path: "/v1/inventory", writes: false, query } as const;
      const { body, meta } = await request<Page<InventoryItem>>(http, call, { signal });
      signal.throwIfAborted();
      onPage(body.data, index === 0 && cursor === undefined ? meta.cursor : null);
      cursor = body.nextCursor;
    }
  }
}

/** Reads a snapshot. @returns null when it is whole, else why it ended */
export async function trySnapshot(
  snapshot: SnapshotRequest,
  onPage: (rows: readonly InventoryItem[], cursor: string | null) => void,
): Promise<TailEnd | null> {
  try {
    await readSnapshot(snapshot, onPage);
    return null;
  } catch (error) {
    return meaningOf(error, false);
  }
}
