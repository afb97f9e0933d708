/** Rows in bulk: what an import takes, the verdict on each row, and the jobs that work behind an answer. */
import Type, { type Static } from "typebox";
import { PatchItem, SetLevel } from "./requests.ts";
import { Closed, Id, Nullable, Timestamp } from "./schema.ts";

/** Lists that rows can be imported into. */
export const importLists = ["products", "locations", "inventory"] as const;
export type ImportList = (typeof importLists)[number];

/** What becomes of a row of the catalogue whose product or location is there already, or is not. */
export const importModes = ["create", "replace", "merge"] as const;
export type ImportMode = (typeof importModes)[number];

/** What becomes of fields that the list does not know. */
export const otherFields = ["refuse", "ignore", "attributes"] as const;
export type OtherFields = (typeof otherFields)[number];

/** What came of a row; `valid` is as far as a dry run goes. */
export const rowVerdicts = ["applied", "duplicate", "rejected", "valid"] as const;
export type RowVerdict = (typeof rowVerdicts)[number];

/** Life of a job. */
export const jobStatuses = ["receiving", "running", "cancelling", "done", "cancelled", "failed"] as const;
export type JobStatus = (typeof jobStatuses)[number];

const { safetyStock, reorderPoint, maximum, hysteresis, inventoryId, availableStock, reservedStock, incomingStock } =
  PatchItem.properties;

/** A row that says how many units there are, how an item is to be kept, or both: also a row of an export. */
export const ImportItem = Closed(
  {
    ...SetLevel.properties,
    stockLevel: Type.Optional(SetLevel.properties.stockLevel),
    safetyStock,
    reorderPoint,
    maximum,
    hysteresis,
    inventoryId,
    availableStock,
    reservedStock,
    unavailableStock: availableStock,
    incomingStock,
    states: PatchItem.properties.states,
    alert: PatchItem.properties.alert,
    lastCountedAt: PatchItem.properties.lastCountedAt,
    lastUpdated: PatchItem.properties.lastUpdated,
    status: PatchItem.properties.lastUpdated,
    version: PatchItem.properties.version,
  },
  "ImportItem",
);
export type ImportItem = Static<typeof ImportItem>;

const Fault = Type.Object(
  { code: Type.String(), title: Type.String(), detail: Type.String() },
  { additionalProperties: true },
);

export const RowResult = Type.Object(
  {
    row: Type.Integer({ description: "Which row it is: 1 is the first; a header is none" }),
    line: Type.Integer({ description: "Line of the file on which the row begins" }),
    verdict: Type.String({
      enum: [...rowVerdicts],
      description: "applied, duplicate (an earlier sending of the row had applied it), rejected, or valid in a dry run",
    }),
    productId: Type.Optional(Type.String()),
    locationId: Type.Optional(Type.String()),
    inventoryId: Type.Optional(Type.String()),
    movementId: Type.Optional(Type.String()),
    version: Type.Optional(Type.Integer()),
    stockLevel: Type.Optional(Type.Integer({ description: "Units on hand afterwards" })),
    contained: Type.Optional(Type.Unknown()),
    review: Type.Optional(Type.String()),
    error: Type.Optional(Fault),
  },
  { $id: "RowResult" },
);
export type RowResult = Static<typeof RowResult>;

/** Rows by what came of them. */
export const RowCounts = Type.Object({
  done: Type.Integer(),
  applied: Type.Integer(),
  duplicate: Type.Integer(),
  rejected: Type.Integer(),
  valid: Type.Integer(),
});
export type RowCounts = Static<typeof RowCounts>;

/** The last line of an import that is answered as it goes. */
export const ImportSummary = Type.Object(
  {
    summary: RowCounts,
    complete: Type.Boolean({ description: "Whether every row that was sent has its verdict" }),
    problem: Type.Optional(Fault),
  },
  { $id: "ImportSummary" },
);
export type ImportSummary = Static<typeof ImportSummary>;

export const Job = Type.Object(
  {
    jobId: Id("The job"),
    kind: Type.String({ enum: ["import"] }),
    list: Type.String({ enum: [...importLists] }),
    status: Type.String({ enum: [...jobStatuses] }),
    input: Type.Object({
      rows: Type.Integer({ description: "Rows that have come in" }),
      complete: Type.Boolean({ description: "Whether all of it has; until then it can be sent again to go on" }),
    }),
    rows: RowCounts,
    problem: Nullable(Fault),
    createdBy: Type.String({ description: "Id of the key that asked for it" }),
    createdAt: Timestamp("When it was asked for"),
    updatedAt: Timestamp("When it last came a step further"),
    endedAt: Nullable(Timestamp("When it ended; its verdicts can be read for seven days from then on")),
  },
  { $id: "Job" },
);
export type Job = Static<typeof Job>;
