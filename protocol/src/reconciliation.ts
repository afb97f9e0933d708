/** Reconciliation: what is compared with what, what differs, who looks after it, and what may be corrected without asking. */
import Type, { type Static } from "typebox";
import { Closed, Id, Level, NonEmptyText, Nullable, Quantity, Sku, Text, Timestamp } from "./schema.ts";

/** What is compared. */
export const checkKinds = [
  "level",
  "movements",
  "counter",
  "total",
  "channel",
  "overdue_hold",
  "negative_stock",
  "statement",
  "stale_source",
  "parked_lines",
] as const;
export type CheckKind = (typeof checkKinds)[number];

export const differenceStates = ["open", "accepted", "closed"] as const;
export type DifferenceState = (typeof differenceStates)[number];

/** How a source's statement differs from the journal. */
export const driftKinds = ["not_yet_there", "already_there", "surplus", "shortage"] as const;

/** Lines of a statement in one call, and differences in its answer. */
const statementLinesMax = 10_000;

const checkDescription =
  "`level`: an item's levels against its last entry. `movements`: each entry against the one before it, so that levels are the sums of movements. " +
  "`counter`: reserved and incoming units against the lines of orders. `total`: totals of products against their items. `channel`: what channels may sell against their locations. " +
  "`overdue_hold`: holds that are over and still hold. `negative_stock`: less than nothing. `statement`: what a source stated last against the journal as of that time. " +
  "`stale_source`: sources that nothing was heard of. `parked_lines`: lines of sources and devices that wait for somebody";

export const CheckProgress = Type.Object(
  {
    check: Type.String({ enum: [...checkKinds], description: checkDescription }),
    checked: Type.Integer({ description: "Rows that were compared" }),
    differences: Type.Integer({ description: "How many of them differ" }),
  },
  { $id: "CheckProgress" },
);

export const StatementDifference = Type.Object(
  {
    line: Type.Integer({ description: "Number of the line in the upload, from 1" }),
    productId: Nullable(Type.String()),
    sku: Nullable(Type.String()),
    locationId: Nullable(Type.String()),
    asOf: Type.String({ description: "The moment that was compared" }),
    stated: Type.Integer({ description: "Units that the statement says" }),
    ours: Nullable(
      Type.Integer({ description: "Units on hand at that moment by the journal; null where it cannot be told" }),
    ),
    difference: Nullable(Type.Integer({ description: "Stated less ours" })),
    explanation: Type.String({ description: "In words" }),
    differenceId: Nullable(Type.String({ description: "The open item that it is; null without a source" })),
  },
  { $id: "StatementDifference" },
);
export type StatementDifference = Static<typeof StatementDifference>;

export const StatementReport = Type.Object(
  {
    lines: Type.Integer({ description: "Lines of the statement" }),
    agreeing: Type.Integer(),
    differing: Type.Integer(),
    refused: Type.Array(Type.Object({ line: Type.Integer(), reason: Type.String() }), {
      description: "Lines that could not be compared, and why",
    }),
    differences: Type.Array(StatementDifference),
  },
  { $id: "StatementReport" },
);
export type StatementReport = Static<typeof StatementReport>;

export const Reconciliation = Type.Object(
  {
    reconciliationId: Type.String({ description: "rec_…" }),
    status: Type.String({ enum: ["running", "done", "failed"] }),
    checks: Type.Array(CheckProgress),
    scope: Type.Object({
      checks: Type.Array(Type.String({ enum: [...checkKinds] })),
      productId: Nullable(Type.String()),
      locationId: Nullable(Type.String()),
      sourceId: Nullable(Type.String()),
    }),
    unclosed: Type.Integer({ description: "Differences that are open or accepted now, of these checks" }),
    requestedBy: Type.String({ description: "Key that asked for it" }),
    startedAt: Timestamp("When it began"),
    updatedAt: Timestamp("When it last said how far it is"),
    endedAt: Nullable(Timestamp("When it ended")),
    problem: Nullable(Type.String({ description: "Why it failed" })),
    statement: Type.Optional(StatementReport),
  },
  { $id: "Reconciliation" },
);
export type Reconciliation = Static<typeof Reconciliation>;

const StatementLine = Closed(
  {
    productId: Type.Optional(Id("Product")),
    sku: Type.Optional(Sku),
    code: Type.Optional(NonEmptyText(256, "The source's own code of the product")),
    locationId: Type.Optional(Id("Location; that of the statement when absent")),
    locationCode: Type.Optional(NonEmptyText(256, "The source's own code of the location")),
    stockLevel: Quantity("Units on hand that it states"),
    asOf: Type.Optional(Timestamp("The moment that it speaks of; that of the statement when absent")),
  },
  "StatementLine",
);
export type StatementLine = Static<typeof StatementLine>;

/** A statement that is uploaded, as lines or as CSV. */
export const UploadedStatement = Closed(
  {
    sourceId: Type.Optional(
      Id(
        "Source that states it: its codes are understood, and differences stay open until they are gone. Without one it is only compared",
      ),
    ),
    locationId: Type.Optional(Id("Location of lines that name none")),
    asOf: Type.Optional(Timestamp("Moment of lines that name none; now when absent")),
    lines: Type.Optional(Type.Array(StatementLine, { minItems: 1, maxItems: statementLinesMax })),
    csv: Type.Optional(
      Text(
        8_000_000,
        "CSV instead of lines, with a heading: productId, sku or code; locationId or locationCode; stockLevel; asOf",
      ),
    ),
  },
  "UploadedStatement",
);
export type UploadedStatement = Static<typeof UploadedStatement>;

export const RequestReconciliation = Closed(
  {
    checks: Type.Optional(
      Type.Array(Type.String({ enum: [...checkKinds] }), {
        minItems: 1,
        uniqueItems: true,
        description: "All when absent",
      }),
    ),
    productId: Type.Optional(Id("Only of this product")),
    locationId: Type.Optional(Id("Only at this location")),
    sourceId: Type.Optional(Id("Only statements of this source")),
    statement: Type.Optional(UploadedStatement),
  },
  "RequestReconciliation",
);
export type RequestReconciliation = Static<typeof RequestReconciliation>;

const Figures = Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Null()]));

export const DifferenceMovement = Type.Object({
  movementId: Type.String(),
  onHand: Type.Integer({ description: "Units that it moved" }),
  occurredAt: Timestamp("When it happened"),
  recordedAt: Timestamp("When it was recorded"),
  actor: Type.String(),
  source: Nullable(Type.String()),
});

export const DifferenceStep = Type.Object({
  at: Timestamp("When"),
  by: Type.String({ description: "Key, or `system`" }),
  did: Type.String({ description: "found, changed, assigned, accepted, reopened, corrected, refused or closed" }),
  note: Nullable(Type.String()),
});

export const Difference = Type.Object(
  {
    differenceId: Type.String({ description: "dif_…" }),
    check: Type.String({ enum: [...checkKinds], description: checkDescription }),
    state: Type.String({ enum: [...differenceStates] }),
    owner: Nullable(Type.String({ description: "Who looks after it" })),
    productId: Nullable(Type.String()),
    sku: Nullable(Type.String()),
    locationId: Nullable(Type.String()),
    sourceId: Nullable(Type.String()),
    channelId: Nullable(Type.String()),
    orderId: Nullable(Type.String()),
    expected: Figures,
    found: Figures,
    units: Nullable(Type.Integer({ description: "Found less expected, in units" })),
    firstMovementId: Nullable(Type.String({ description: "The first entry that differs" })),
    explanation: Type.String({ description: "In words: what differs, since when, and what to do" }),
    driftKind: Nullable(
      Type.String({
        enum: [...driftKinds],
        description:
          "Of statements. `not_yet_there`: the newest movements here explain it, the source has not got them. `already_there`: the source has movements that happened after its time here. `surplus`, `shortage`: it has more or fewer than any movement here explains",
      }),
    ),
    movements: Type.Array(DifferenceMovement, {
      description: "The first movements that explain it: those since both sides last agreed",
    }),
    foundAt: Timestamp("When it was found"),
    seenAt: Timestamp("When it was looked at last"),
    closedAt: Nullable(Timestamp("When it was gone")),
    closedBy: Nullable(
      Type.Object({
        kind: Type.String({ description: "movement, correction, statement, tolerance, by_itself or outside" }),
        detail: Type.String(),
        movementId: Nullable(Type.String()),
      }),
    ),
    version: Type.Integer(),
    history: Type.Array(DifferenceStep),
  },
  { $id: "Difference" },
);
export type Difference = Static<typeof Difference>;

export const UpdateDifference = Closed(
  {
    owner: Type.Optional(Nullable(NonEmptyText(200, "Who looks after it; null for nobody"))),
    state: Type.Optional(
      Type.String({
        enum: ["open", "accepted"],
        description: "`accepted`: it is known and may stay. It closes by itself when it is gone",
      }),
    ),
    note: Type.Optional(NonEmptyText(1_000, "Why, for whoever reads it later")),
  },
  "UpdateDifference",
);
export type UpdateDifference = Static<typeof UpdateDifference>;

export const CorrectDifference = Closed(
  { reason: NonEmptyText(500, "Why the source is believed; recorded with the movement") },
  "CorrectDifference",
);
export type CorrectDifference = Static<typeof CorrectDifference>;

const ruleFields = {
  name: NonEmptyText(200, "What it is for"),
  sourceId: Type.Optional(Nullable(Id("Only statements of this source"))),
  locationId: Type.Optional(Nullable(Id("Only at this location"))),
  productId: Type.Optional(Nullable(Id("Only of this product"))),
  tolerance: Type.Optional(
    Closed({
      units: Type.Optional(Level("So many units apart are near enough")),
      percent: Type.Optional(
        Type.Number({ minimum: 0, maximum: 100, description: "So much of what the journal says is near enough" }),
      ),
    }),
  ),
  correct: Type.Optional(
    Nullable(
      Closed({
        kinds: Type.Array(Type.String({ enum: [...driftKinds] }), {
          minItems: 1,
          uniqueItems: true,
          description: "Which kinds of drift",
        }),
        unitsMax: Level("At most so many units; what is further apart waits for somebody"),
        afterSeconds: Type.Optional(
          Type.Integer({ minimum: 0, maximum: 2_592_000, default: 900, description: "When it has stood for so long" }),
        ),
      }),
    ),
  ),
};

export const PutReconciliationRule = Closed(ruleFields, "PutReconciliationRule");
export type PutReconciliationRule = Static<typeof PutReconciliationRule>;

export const ReconciliationRule = Type.Object(
  {
    ruleId: Type.String(),
    name: Type.String(),
    sourceId: Nullable(Type.String()),
    locationId: Nullable(Type.String()),
    productId: Nullable(Type.String()),
    tolerance: Type.Object({ units: Type.Integer(), percent: Type.Number() }),
    correct: Nullable(
      Type.Object({
        kinds: Type.Array(Type.String({ enum: [...driftKinds] })),
        unitsMax: Type.Integer(),
        afterSeconds: Type.Integer(),
      }),
    ),
    version: Type.Integer(),
    updatedAt: Timestamp("When it was set"),
    updatedBy: Type.String({ description: "Key that set it" }),
  },
  { $id: "ReconciliationRule" },
);
export type ReconciliationRule = Static<typeof ReconciliationRule>;
