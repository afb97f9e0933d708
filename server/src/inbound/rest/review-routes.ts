/** /v1/reviews: what somebody should look at, and what came of looking. */
import type { ResolveReview, ReviewKind } from "@onhand/protocol/reviews";
import { parseMovementId } from "../../core/record/ids.ts";
import type { Route } from "../../host/route.ts";
import type { ReviewQueries } from "../../reviews/review-queries.ts";
import { ordinaryBodyBytesMax, refuseIfMatch } from "./common.ts";
import { notFound, type RestContext } from "./context.ts";
import { reviewOf } from "./count-views.ts";
import { keyedHeaders, keyedRequest, workRoute } from "./work-parts.ts";

/** What the routes of reviews work with beside the others. */
export interface ReviewContext extends RestContext {
  readonly reviews: ReviewQueries;
}

/** @returns the routes of reviews */
export function reviewRoutes({ reviews, pageTokens, clock }: ReviewContext): Route[] {
  return [
    workRoute("listReviews", 0, async ({ query }) => {
      const filter = {
        state: query.state as "open" | "resolved",
        kind: (query.kind as ReviewKind | undefined) ?? null,
        productId: (query.productId as string | undefined) ?? null,
        locationId: (query.locationId as string | undefined) ?? null,
      };
      const filters = { list: "reviews", ...filter };
      const { rows, next } = await reviews.list(filter, pageTokens.read(query, filters).after, query.limit as number);
      return { status: 200, body: { data: rows.map(reviewOf), nextCursor: pageTokens.next(next, filters, null) } };
    }),
    workRoute("resolveReview", ordinaryBodyBytesMax, async (call) => {
      refuseIfMatch(call);
      const { movementId } = call.params;
      const place = parseMovementId(movementId!);
      if (place === null) throw notFound(`movement ${movementId}`);
      const request = keyedRequest(clock, call, "resolveReview");
      const { note } = call.body as ResolveReview;
      const { answer, isReplayed } = await reviews.resolve(request, place, note);
      return { status: 200, body: reviewOf(answer), headers: keyedHeaders(request, isReplayed) };
    }),
  ];
}
