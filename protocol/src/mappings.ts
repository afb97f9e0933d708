/** What sources send, and the mappings that make lines of foreign payloads. */
import Type, { type Static } from "typebox";
import { InventoryItem } from "./resources.ts";
import { Closed, Id, NonEmptyText, Nullable, Timestamp } from "./schema.ts";
import { sourceSignatures } from "./sources.ts";

/** Limits of what sources send. */
export const mappingLimits = {
  linesMax: 10_000,
  expressionCharactersMax: 65_536,
  payloadCharactersMax: 200_000,
} as const;

/** Mappings that are there already. */
export const readyMappingNames = ["shopify", "square", "woocommerce", "amazon", "survey-response"] as const;
export type ReadyMappingName = (typeof readyMappingNames)[number];

/** What became of a line. */
export const sourceVerdicts = ["applied", "ignored", "duplicate", "rejected", "review"] as const;

const Anything = Type.Record(Type.String(), Type.Unknown());
const Line = Type.Record(Type.String(), Type.Unknown(), {
  description:
    "A line: `operationId`; `productId`, `sku` or `productCode`; `locationId` or `locationCode`; `adjustment` with `type` and `state`, or `stockLevel` with `version`; `occurredAt`, `reason`, `reference`. A line that is wrong is rejected by itself",
});

/** Our own form of a request; a source with a mapping sends whatever its mapping reads. */
export const SourceLines = Closed({ lines: Type.Array(Line, { maxItems: mappingLimits.linesMax }) }, "SourceLines");
export type SourceLines = Static<typeof SourceLines>;

const Fault = Type.Object({
  code: Type.String({ enum: ["unreadable", "expression", "output", "time"] }),
  detail: Type.String(),
  position: Type.Optional(Type.Integer({ description: "Where in the expression, in characters" })),
});
const Problem = Type.Object({ code: Type.String(), detail: Type.String() }, { additionalProperties: true });

const LineResult = Type.Object({
  operationId: Type.String(),
  verdict: Type.String({
    enum: [...sourceVerdicts],
    description:
      "`applied`: recorded. `ignored`: recorded or recognised, and moves nothing. `duplicate`: it was here before; the other members say what came of it. `rejected`, `review`: it is parked, see `error`",
  }),
  rule: Type.Optional(Type.String({ description: "The rule that decided" })),
  movementId: Type.Optional(Type.String()),
  item: Type.Optional(InventoryItem),
  review: Type.Optional(Type.String({ description: "Why somebody should look at it, though it is recorded" })),
  parkedId: Type.Optional(Type.String({ description: "The parked line that keeps it" })),
  error: Type.Optional(Problem),
});

export const SourceAnswer = Type.Object(
  {
    results: Type.Array(LineResult, { description: "A verdict for each line, in order" }),
    mappingVersion: Nullable(Type.Integer({ description: "The mapping that made the lines; null for our own form" })),
    kept: Nullable(
      Type.Object(
        { payloadId: Type.String(), problem: Fault },
        { description: "The payload waits, for it could not be read: put the mapping right. Null when it was read" },
      ),
    ),
    cursor: Type.String({ description: "Place in the change feed behind all that was recorded" }),
  },
  { $id: "SourceAnswer" },
);
export type SourceAnswer = Static<typeof SourceAnswer>;

const Expression = NonEmptyText(mappingLimits.expressionCharactersMax, "JSONata that makes lines of a payload");
const Ready = Type.String({ enum: [...readyMappingNames], description: "In place of `expression`: a ready mapping" });
const SettingsOf = Type.Record(Type.String(), Type.Unknown(), {
  description: "Of the ready mapping, where they differ",
});

export const CreateSourceMapping = Closed(
  {
    expression: Type.Optional(Expression),
    ready: Type.Optional(Ready),
    settings: Type.Optional(SettingsOf),
    about: Type.Optional(NonEmptyText(1_000, "What has changed, in words")),
    use: Type.Optional(Type.Boolean({ default: true, description: "Payloads go through it from now on" })),
  },
  "CreateSourceMapping",
);
export type CreateSourceMapping = Static<typeof CreateSourceMapping>;

export const SourceMapping = Type.Object(
  {
    sourceId: Type.String(),
    version: Type.Integer({ description: "1, 2, 3 …; what a version says never changes" }),
    expression: Type.String(),
    about: Nullable(Type.String()),
    createdAt: Timestamp("When it was added"),
    createdBy: Type.String({ description: "Id of the API key that added it" }),
  },
  { $id: "SourceMapping" },
);
export type SourceMapping = Static<typeof SourceMapping>;

export const UseSourceMapping = Closed(
  {
    version: Nullable(
      Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "Null: it sends our own lines" }),
    ),
  },
  "UseSourceMapping",
);
export type UseSourceMapping = Static<typeof UseSourceMapping>;

export const DryRunSourceMapping = Closed(
  {
    expression: Type.Optional(Expression),
    ready: Type.Optional(Ready),
    settings: Type.Optional(SettingsOf),
    version: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "A version that there is; else the one in use" }),
    ),
    payload: Type.Optional(Type.Unknown({ description: "The payload, as JSON" })),
    payloadText: Type.Optional(
      NonEmptyText(
        mappingLimits.payloadCharactersMax,
        "The payload as it is sent, so that no digit of a large id is lost",
      ),
    ),
    payloadId: Type.Optional(Id("A payload that waits")),
    mediaType: Type.Optional(NonEmptyText(100, "Of `payloadText`: `application/json` or `text/csv`")),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: "What the mapping sees as `$headers`" }),
    ),
  },
  "DryRunSourceMapping",
);
export type DryRunSourceMapping = Static<typeof DryRunSourceMapping>;

export const MappingDryRun = Type.Object(
  {
    lines: Type.Array(
      Type.Object({
        line: Anything,
        productId: Nullable(Type.String({ description: "The product that it means" })),
        locationId: Nullable(Type.String({ description: "The location that it means" })),
        problem: Nullable(Problem),
      }),
      { description: "What would be sent to the intake, and what it would be refused or parked for" },
    ),
    problem: Nullable(Fault),
  },
  { $id: "MappingDryRun" },
);
export type MappingDryRun = Static<typeof MappingDryRun>;

export const ReadyMappings = Type.Object(
  {
    data: Type.Array(
      Type.Object({
        name: Type.String(),
        about: Type.String(),
        signature: Type.String({ enum: [...sourceSignatures], description: "How the platform signs its webhooks" }),
        settings: Type.Record(Type.String(), Type.Unknown(), { description: "What can be set, with what is taken" }),
        expression: Type.String(),
      }),
    ),
  },
  { $id: "ReadyMappings" },
);
export type ReadyMappings = Static<typeof ReadyMappings>;

export const KeptPayload = Type.Object(
  {
    payloadId: Type.String(),
    sourceId: Type.String(),
    body: Type.String({ description: "How it begins, as text: the first 4,000 characters" }),
    bytes: Type.Integer(),
    headers: Type.Record(Type.String(), Type.String()),
    problem: Fault,
    mappingVersion: Nullable(Type.Integer({ description: "The mapping that could not read it" })),
    tries: Type.Integer(),
    receivedAt: Timestamp("When it came"),
    triedAt: Timestamp("When it was last tried"),
  },
  { $id: "KeptPayload" },
);
export type KeptPayload = Static<typeof KeptPayload>;

export const RetryKeptPayloads = Closed(
  { after: Type.Optional(Id("Goes on behind this payload: `next` of the answer before")) },
  "RetryKeptPayloads",
);
export type RetryKeptPayloads = Static<typeof RetryKeptPayloads>;

export const RetriedKeptPayloads = Type.Object(
  {
    read: Type.Integer({ description: "Payloads that were read, and wait no longer" }),
    kept: Type.Integer({ description: "Payloads that could not be read again" }),
    verdicts: Type.Record(Type.String(), Type.Integer(), { description: "Lines of those that were read, by verdict" }),
    next: Nullable(Type.String({ description: "There are more: send it as `after`" })),
  },
  { $id: "RetriedKeptPayloads" },
);
export type RetriedKeptPayloads = Static<typeof RetriedKeptPayloads>;
