/** Parked lines: what came from sources and devices and could not be applied. */
import Type, { type Static } from "typebox";
import { Closed, NonEmptyText, Nullable, Timestamp } from "./schema.ts";

/** What a line waits for. */
export const parkedReasons = [
  "rejected",
  "unmapped_product",
  "unmapped_location",
  "unknown_product",
  "unknown_location",
  "too_old",
  "clock_unknown",
] as const;
export type ParkedReason = (typeof parkedReasons)[number];

export const parkedStates = ["open", "applied", "discarded"] as const;

/** How many lines one request retries. */
export const parkedRetryMax = 1_000;

const Anything = Type.Record(Type.String(), Type.Unknown());
const State = Type.String({ enum: [...parkedStates] });
const Reason = Type.String({ enum: [...parkedReasons], description: "What it waits for" });
const originKind = Type.String({ enum: ["source", "device"] });

export const ParkedLine = Type.Object(
  {
    parkedId: Type.String(),
    originKind,
    originId: Type.String({ description: "Id of the source or device" }),
    operationId: Type.String({ description: "The origin's own id of the operation" }),
    reason: Reason,
    code: Nullable(Type.String({ description: "The code or SKU that is not known" })),
    line: Type.Record(Type.String(), Type.Unknown(), { description: "What was sent, in our words" }),
    state: State,
    owner: Nullable(Type.String({ description: "Who looks after it" })),
    tries: Type.Integer({ description: "Refusals so far" }),
    problem: Type.Object({ code: Type.String(), detail: Type.String() }, { additionalProperties: true }),
    result: Nullable(
      Type.Record(Type.String(), Type.Unknown(), { description: "Of an applied one: rule and movement" }),
    ),
    history: Type.Array(Anything, { description: "What was done with it, oldest first" }),
    createdAt: Timestamp("When it came"),
    updatedAt: Timestamp("When something was last done with it"),
  },
  { $id: "ParkedLine" },
);
export type ParkedLine = Static<typeof ParkedLine>;

const note = Type.Optional(NonEmptyText(1_000, "Why, in words"));

export const AssignParkedLine = Closed(
  { owner: Nullable(NonEmptyText(200, "Who looks after it from now on; null for nobody")), note },
  "AssignParkedLine",
);
export type AssignParkedLine = Static<typeof AssignParkedLine>;

export const DiscardParkedLine = Closed({ note }, "DiscardParkedLine");
export type DiscardParkedLine = Static<typeof DiscardParkedLine>;

/** Which lines are retried: those that are open and match all that is said. */
export const RetryParkedLines = Closed(
  {
    originKind: Type.Optional(originKind),
    originId: Type.Optional(NonEmptyText(64)),
    reason: Type.Optional(Reason),
    code: Type.Optional(NonEmptyText(200)),
    owner: Type.Optional(NonEmptyText(200)),
    after: Type.Optional(NonEmptyText(64, "Goes on behind this line: `next` of the answer before")),
  },
  "RetryParkedLines",
);
export type RetryParkedLines = Static<typeof RetryParkedLines>;

export const RetriedParkedLines = Type.Object(
  {
    results: Type.Array(
      Type.Object({
        parkedId: Type.String(),
        operationId: Type.String(),
        verdict: Type.String({ enum: ["applied", "ignored", "duplicate", "rejected", "review"] }),
        rule: Type.Optional(Type.String()),
        movementId: Type.Optional(Type.String()),
        error: Type.Optional(
          Type.Object({ code: Type.String(), detail: Type.String() }, { additionalProperties: true }),
        ),
      }),
    ),
    next: Nullable(Type.String({ description: "There are more: send it as `after`" })),
  },
  { $id: "RetriedParkedLines" },
);
