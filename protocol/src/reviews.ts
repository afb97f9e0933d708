/** Reviews: movements that somebody should look at, and what came of looking. */
import Type, { type Static } from "typebox";
import { Closed, NonEmptyText, Nullable, Timestamp } from "./schema.ts";

/** Why somebody should look at a movement. */
export const reviewKinds = ["doubtful", "oversold", "unusual"] as const;
export type ReviewKind = (typeof reviewKinds)[number];

export const Review = Type.Object(
  {
    movementId: Type.String({ description: "The movement, or the notice that tells of it; names the review" }),
    kind: Type.String({
      enum: [...reviewKinds],
      description:
        "`doubtful`: on which side of a count it lies cannot be told. `oversold`: more was taken than there was. `unusual`: unlike other changes of the item",
    }),
    state: Type.String({ enum: ["open", "resolved"] }),
    aboutMovementId: Nullable(Type.String({ description: "Of notices: the movement that they are about" })),
    productId: Type.String(),
    sku: Nullable(Type.String()),
    locationId: Type.String(),
    reason: Type.String({ description: "In words, with the numbers it rests on" }),
    figures: Nullable(Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Null()]))),
    occurredAt: Timestamp("When it happened"),
    recordedAt: Timestamp("When it was recorded"),
    resolvedAt: Nullable(Timestamp("When it was resolved")),
    resolvedBy: Nullable(Type.String({ description: "Key that resolved it" })),
    note: Nullable(Type.String()),
  },
  { $id: "Review" },
);
export type Review = Static<typeof Review>;

export const ResolveReview = Closed(
  { note: NonEmptyText(1_000, "What came of looking, for whoever reads it later") },
  "ResolveReview",
);
export type ResolveReview = Static<typeof ResolveReview>;
