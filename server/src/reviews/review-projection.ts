/**
 * Builds the list of what somebody should look at: entries whose detail says `review`, and notices of oversold stock and of
 * unusual adjustments. Made from the journal alone and not by the write path, so nothing that was recorded is missing.
 */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { SealedEntry } from "../core/record/entry.ts";
import { parseDetail } from "../core/record/entry-detail.ts";
import type { Projection } from "../projections/projection.ts";
import { deleteOpenReviews, insertReviews, type NewReview } from "./sql/reviews.ts";

export const reviewProjection: Projection = {
  name: "reviews",
  version: 1,
  interest: { kinds: [entryKinds.inventoryOversold, entryKinds.inventoryUnusual], orDetail: "review" },
  batchMax: 20_000,
  async digest({ entries }) {
    const reviews = entries.flatMap(reviewOf);
    return async (connection) => {
      if (reviews.length > 0) await connection.query(insertReviews(reviews));
    };
  },
  async clear(connection) {
    await connection.query(deleteOpenReviews());
  },
};

/** @returns what somebody should look at in an entry: nothing, or one thing */
function reviewOf(entry: SealedEntry): NewReview[] {
  const { partition, sequence, productId, locationId, occurredAtMs, recordedAtMs } = entry;
  if (productId === null || locationId === null) return [];
  const { notice, review } = parseDetail(entry);
  const place = { partition, sequence, productId, locationId, occurredAtMs, recordedAtMs };
  if (review !== undefined) return [{ ...place, kind: "doubtful", reason: review, about: null, figures: null }];
  if (notice === undefined) return [];
  const { reason, about, ...figures } = notice;
  const kind = entry.kind === entryKinds.inventoryOversold ? "oversold" : "unusual";
  return [{ ...place, kind, reason, about, figures: JSON.stringify(figures) }];
}
