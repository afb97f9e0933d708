/** What somebody should look at, as it is listed and resolved. */
import { partitionOf } from "../core/record/partition.ts";
import type { Database } from "../db/pool.ts";
import { type KeyedRequest, type Remembered, remembered } from "../registry/remembered.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import { listReviews, type ReviewFilter, type ReviewRow, resolveReview, selectReview } from "./sql/reviews.ts";

export type { ReviewRow } from "./sql/reviews.ts";

/** Position of the entry that a review is of. */
export interface ReviewPlace {
  readonly partition: number;
  readonly sequence: number;
}

export class ReviewQueries {
  readonly #database: Database;
  readonly #partitionCount: number;

  constructor(database: Database, partitionCount: number) {
    this.#database = database;
    this.#partitionCount = partitionCount;
  }

  /** A page. @returns its rows, and where the next one starts */
  async list(
    filter: Omit<ReviewFilter, "product"> & { readonly productId: string | null },
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<{ rows: ReviewRow[]; next: readonly unknown[] | null }> {
    const { productId, ...rest } = filter;
    const product = productId === null ? null : { productId, partition: partitionOf(productId, this.#partitionCount) };
    const { rows } = await this.#database.query<ReviewRow>(listReviews({ ...rest, product }, after, limit + 1));
    const last = rows.length > limit ? rows[limit - 1]! : null;
    const next = last === null ? null : [last.resolved_at ?? last.recorded_at, last.partition, last.sequence];
    return { rows: rows.slice(0, limit), next };
  }

  /** Says what came of a review, once. @throws WorkRefusal when there is none, or somebody resolved it before */
  resolve(request: KeyedRequest, place: ReviewPlace, note: string): Promise<Remembered<ReviewRow>> {
    return remembered(this.#database, request, async (connection) => {
      const { partition, sequence } = place;
      const { rows } = await connection.query(resolveReview(partition, sequence, request.principal, note));
      const found = await connection.query<ReviewRow>(selectReview(partition, sequence));
      const [review] = found.rows;
      if (review === undefined)
        throw new WorkRefusal(
          "not_found",
          "There is no review of this movement. Take movementId from GET /v1/reviews; a movement that was recorded a moment ago is listed within a second.",
        );
      if (rows.length === 0)
        throw new WorkRefusal(
          "already_ended",
          `The review was resolved by ${review.resolved_by} at ${new Date(review.resolved_at!).toISOString()}. Read it with GET /v1/reviews?state=resolved.`,
        );
      return review;
    });
  }
}
