/** Counts: what was found on the shelf, alone or in sessions by location, and how it differs from what was expected. */
import Type, { type Static } from "typebox";
import { appliedExtras, InventoryItem } from "./resources.ts";
import { Closed, Id, Level, NonEmptyText, Nullable, Sku, Text, Timestamp } from "./schema.ts";

/** Limits of requests that count. */
export const countRequestLimits = {
  /** Lines of one request; a session takes more of them in several. */
  linesMax: 1_000,
  /** How far a device's clock may be off, in ms: a year. */
  clockErrorMsMax: 366 * 24 * 3600 * 1000,
} as const;

/** What came of a counted line. */
export const countVerdicts = ["applied", "contained", "review", "rejected"] as const;
export type CountVerdict = (typeof countVerdicts)[number];

/** Life of a session. */
export const countSessionStatuses = ["open", "posting", "posted", "cancelled"] as const;
export type CountSessionStatus = (typeof countSessionStatuses)[number];

const operationId = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 255,
    pattern: "^[\\x21-\\x7E]+$",
    description: "Idempotency key, in place of the header",
  }),
);
const product = {
  productId: Type.Optional(Id("Product, or name it by `sku`")),
  sku: Type.Optional(Sku),
};
const countedAt = (description: string) => Type.Optional(Timestamp(description));
const reference = Type.Optional(NonEmptyText(255, "Your reference, e.g. of the stocktake; erasable"));

const CountDevice = Closed(
  {
    deviceId: Id("Your id for the device whose clock the times are read from"),
    clockErrorMs: Type.Optional(
      Nullable(
        Type.Integer({
          minimum: 0,
          maximum: countRequestLimits.clockErrorMsMax,
          description: "Largest error of its clock in either direction; null or absent when nobody knows",
        }),
      ),
    ),
  },
  "CountDevice",
);

const CountedLine = Closed(
  {
    ...product,
    stockLevel: Level("Units that were found"),
    countedAt: countedAt("When they were counted; as of the request's `countedAt` when absent"),
  },
  "CountedLine",
);

export const CountInventory = Closed(
  {
    locationId: Id("Location"),
    lines: Type.Array(CountedLine, { minItems: 1, maxItems: countRequestLimits.linesMax }),
    countedAt: countedAt("When all of it was counted, but for lines that say otherwise; one of both is needed"),
    device: Type.Optional(CountDevice),
    reference,
    reason: Type.Optional(Text(1_000, "Why, in words; erasable")),
    operationId,
  },
  "CountInventory",
);
export type CountInventory = Static<typeof CountInventory>;

const Fault = Type.Object(
  { code: Type.String(), title: Type.String(), detail: Type.String() },
  { additionalProperties: true },
);
const Verdict = Type.String({
  enum: [...countVerdicts],
  description:
    "`applied`: it holds as of its moment. `contained`: a later count was there before it, nothing moved. `review`: recorded, and somebody should look. `rejected`: nothing was recorded, see `error`",
});

export const CountResults = Type.Object(
  {
    results: Type.Array(
      Type.Object({
        index: Type.Integer({ description: "Of the line, from 0" }),
        verdict: Verdict,
        replayed: Type.Optional(Type.Boolean()),
        item: Type.Optional(InventoryItem),
        movementId: Type.Optional(Type.String()),
        ...appliedExtras,
        error: Type.Optional(Fault),
      }),
    ),
    applied: Type.Integer(),
    contained: Type.Integer(),
    review: Type.Integer(),
    rejected: Type.Integer(),
    cursor: Nullable(Type.String({ description: "Place in the change feed behind what was recorded" })),
  },
  { $id: "CountResults" },
);
export type CountResults = Static<typeof CountResults>;

export const OpenCountSession = Closed(
  {
    locationId: Id("Location that is counted"),
    reference,
    blind: Type.Optional(
      Type.Boolean({ description: "Nobody who counts is shown what is expected; the report is for administrators" }),
    ),
    operationId,
  },
  "OpenCountSession",
);
export type OpenCountSession = Static<typeof OpenCountSession>;

const SessionLine = Closed(
  {
    ...product,
    stockLevel: Nullable(Level("Units that were found, over all places at the location; null takes the line out")),
    countedAt: countedAt("When they were counted; as of the request's `countedAt` when absent"),
  },
  "CountSessionLine",
);

export const PutCountLines = Closed(
  {
    lines: Type.Array(SessionLine, { minItems: 1, maxItems: countRequestLimits.linesMax }),
    countedAt: countedAt("When all of it was counted, but for lines that say otherwise; now when absent"),
    device: Type.Optional(CountDevice),
    operationId,
  },
  "PutCountLines",
);
export type PutCountLines = Static<typeof PutCountLines>;

export const CountSession = Type.Object(
  {
    sessionId: Type.String({ description: "Id of the session, cnt_…" }),
    locationId: Type.String(),
    status: Type.String({
      enum: [...countSessionStatuses],
      description: "`posting`: lines are being applied; if it stays so, post again and the rest is done",
    }),
    blind: Type.Boolean(),
    reference: Nullable(Type.String()),
    lines: Type.Integer(),
    pending: Type.Integer({ description: "Lines that nothing came of yet" }),
    applied: Type.Integer(),
    contained: Type.Integer(),
    review: Type.Integer(),
    rejected: Type.Integer({
      description: "Lines that were refused when it was posted: count them anew or take them out",
    }),
    createdBy: Type.String({ description: "Key that opened it" }),
    postedBy: Nullable(Type.String({ description: "Key that had it posted first" })),
    createdAt: Timestamp("When it was opened"),
    updatedAt: Timestamp("When it was last changed"),
    endedAt: Nullable(Timestamp("When it was posted or cancelled")),
    version: Type.Integer({ description: "Changes so far; also the strong ETag" }),
  },
  { $id: "CountSession" },
);
export type CountSession = Static<typeof CountSession>;

export const PutCountLinesResult = Type.Object(
  {
    added: Type.Integer(),
    replaced: Type.Integer(),
    removed: Type.Integer(),
    session: CountSession,
  },
  { $id: "PutCountLinesResult" },
);
export type PutCountLinesResult = Static<typeof PutCountLinesResult>;

const countLine = {
  line: Type.Integer({ description: "Number of the line in its session, from 1" }),
  productId: Type.String(),
  sku: Nullable(Type.String()),
  counted: Type.Integer({ description: "Units that were found" }),
  countedAt: Timestamp("When they were counted"),
  verdict: Nullable(Verdict),
};
const expected = Nullable(
  Type.Integer({
    description:
      "Units on hand at `countedAt` by the journal: what is there now less what moved since. Null when too much moved since to tell",
  }),
);
const variance = Nullable(Type.Integer({ description: "counted − expected" }));

export const CountLine = Type.Object(
  {
    ...countLine,
    countedBy: Type.String({ description: "Key that sent it last" }),
    deviceId: Nullable(Type.String()),
    movementId: Nullable(Type.String({ description: "What it came to" })),
    error: Nullable(Type.Object({ code: Type.String(), detail: Type.String() })),
    expected: Type.Optional(expected),
    variance: Type.Optional(variance),
  },
  { $id: "CountLine", description: "Of a blind session that has not ended, without `expected` and `variance`" },
);
export type CountLine = Static<typeof CountLine>;

export const CountVariance = Type.Object(
  {
    sessionId: Type.String(),
    locationId: Type.String(),
    status: Type.String({ enum: [...countSessionStatuses] }),
    totals: Type.Object({
      lines: Type.Integer(),
      counted: Type.Integer(),
      expected: Type.Integer(),
      variance: Type.Integer({ description: "surplus − shortage" }),
      surplus: Type.Integer({ description: "Units found beyond what was expected, over all lines" }),
      shortage: Type.Integer({ description: "Units expected and not found, over all lines" }),
      differing: Type.Integer({ description: "Lines that differ from what was expected" }),
      unknown: Type.Integer({ description: "Lines of which too much moved since to tell; in no sum" }),
      notCounted: Type.Integer({ description: "Items at the location that hold units and have no line" }),
    }),
    lines: Type.Array(
      Type.Object({
        ...countLine,
        stockLevel: Type.Integer({ description: "Units on hand now" }),
        movedSince: Nullable(
          Type.Integer({ description: "Units on hand that moved after `countedAt`; null once the line was posted" }),
        ),
        expected,
        variance,
      }),
      { description: "The largest difference first; as many as asked for" },
    ),
  },
  { $id: "CountVariance" },
);
export type CountVariance = Static<typeof CountVariance>;
