/** Devices: tills and scanners that work without a network and send their log later. */
import Type, { type Static } from "typebox";
import { InventoryItem } from "./resources.ts";
import { Closed, Id, Level, Nullable, Timestamp } from "./schema.ts";
import { quantityMax } from "./vocabulary.ts";

/** Limits of what devices send. */
export const syncLimits = {
  /** Operations of one request; a longer log takes several. */
  operationsMax: 1_000,
} as const;

/** What became of a line. */
export const syncVerdicts = ["applied", "duplicate", "rejected", "review"] as const;
export type SyncVerdict = (typeof syncVerdicts)[number];

const Operation = Type.Record(Type.String(), Type.Unknown(), {
  description:
    "A line: `sequence` (1, 2, 3 … without a gap), `operationId`; `productId`, `sku` or `productCode`; `locationId` or `locationCode`; `adjustment` with `type` and `state`, or `stockLevel` that was counted; `occurredAt` by the device's clock; `reason`, `reference`. A line that is wrong is rejected by itself",
});

export const SyncBatch = Closed(
  {
    deviceId: Id("The device, or the log of it: a log that begins at 1 again has another id"),
    operations: Type.Array(Operation, { maxItems: syncLimits.operationsMax }),
    deviceTime: Type.Optional(
      Timestamp("What the device's clock shows as this is sent; without it nobody knows its error"),
    ),
    roundTripMs: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 600_000, description: "How long an earlier request took, there and back" }),
    ),
    lastSequence: Type.Optional(Level("The last number that the device has given, so that a gap at the end is seen")),
    locationId: Type.Optional(Id("Location of lines that name none")),
    sourceId: Type.Optional(Id("Source whose codes the lines use")),
  },
  "SyncBatch",
);
export type SyncBatch = Static<typeof SyncBatch>;

const Sequence = Type.Integer({ minimum: 1, maximum: quantityMax });
const Missing = Type.Array(Type.Object({ first: Sequence, last: Sequence }), {
  description: "Numbers that never came, lowest first, at most 100 ranges: send these lines",
});
const Clock = Type.Object(
  {
    offsetMs: Type.Integer({ description: "Added to the device's times to have ours" }),
    errorMs: Nullable(Type.Integer({ description: "How far that may be off; null when nobody knows" })),
  },
  { description: "The device's clock" },
);

const SyncResult = Type.Object({
  sequence: Nullable(Type.Integer()),
  operationId: Nullable(Type.String()),
  verdict: Type.String({
    enum: [...syncVerdicts],
    description:
      "`applied`: recorded. `duplicate`: it was here before; the other members say what came of it. `rejected`: refused, see `error`. `review`: it waits for somebody, see `error`",
  }),
  rule: Type.Optional(Type.String({ description: "The rule that decided" })),
  movementId: Type.Optional(Type.String()),
  item: Type.Optional(InventoryItem),
  review: Type.Optional(Type.String({ description: "Why somebody should look at it, though it is recorded" })),
  parkedId: Type.Optional(Type.String({ description: "The parked line that keeps it" })),
  error: Type.Optional(Type.Object({ code: Type.String(), detail: Type.String() }, { additionalProperties: true })),
});

export const SyncAnswer = Type.Object(
  {
    results: Type.Array(SyncResult, { description: "A verdict for each line, in the order of the request" }),
    acknowledgedThrough: Type.Integer({ description: "Every line up to this number was received: forget them" }),
    missing: Missing,
    lastSequence: Type.Integer({
      description: "The last number that is known of the log: a device that forgot its numbers goes on behind it",
    }),
    clock: Clock,
    serverTime: Timestamp("Our time"),
    cursor: Type.String({ description: "Place in the change feed behind all that was recorded" }),
  },
  { $id: "SyncAnswer" },
);
export type SyncAnswer = Static<typeof SyncAnswer>;

export const Device = Type.Object(
  {
    deviceId: Type.String(),
    sourceId: Nullable(Type.String()),
    acknowledgedThrough: Type.Integer(),
    lastSequence: Type.Integer({ description: "The last number that it says it has given" }),
    missing: Missing,
    clock: Nullable(Clock),
    lines: Type.Integer({ description: "Lines that it sent, repeats among them" }),
    firstHeardAt: Timestamp("When it was heard from first"),
    lastHeardAt: Timestamp("When it was heard from last"),
  },
  { $id: "Device" },
);
export type Device = Static<typeof Device>;
