/** Sources: platforms, tills and ERPs that send what happened or what is there; what they call things, and what they said. */
import Type, { type Static } from "typebox";
import { Closed, Id, Level, NonEmptyText, Nullable, Quantity, Sku, Text, Timestamp } from "./schema.ts";

/** Limits of requests about sources. */
export const sourceLimits = {
  locationsMax: 1_000,
  codesMax: 10_000,
  publicationsMax: 10_000,
  codeCharactersMax: 200,
  /** A hundred years: never stale. */
  freshForSecondsMax: 3_153_600_000,
  /** A week. */
  echoWindowSecondsMax: 604_800,
  secretCharactersMax: 500,
  secretsMax: 5,
} as const;

/** What a source sends. */
export const sourceModes = ["changes", "levels", "both"] as const;
/** What its word does: it moves stock, or is only compared with. */
export const sourceRoles = ["stock", "statements"] as const;
/** How its payloads are signed. */
export const sourceSignatures = ["none", "shopify", "square", "woocommerce", "standard"] as const;
export type SourceSignature = (typeof sourceSignatures)[number];
/** What a code stands for; the position is what is stored. */
export const sourceCodeKinds = ["product", "location"] as const;
export type SourceCodeKind = (typeof sourceCodeKinds)[number];

const SourceId = Type.String({
  pattern: "^[A-Za-z0-9._-]{1,48}$",
  description: "Your id for the source: letters, digits and `._-`, up to 48",
});
const fields = {
  name: NonEmptyText(200, "What people call it"),
  kind: Type.String({ pattern: "^[a-z_]{1,32}$", description: "What it is: `shopify`, `square`, `till`, `erp` …" }),
  mode: Type.String({ enum: [...sourceModes], description: "It sends changes, absolute levels, or both" }),
  role: Type.String({
    enum: [...sourceRoles],
    description: "`stock` moves stock; levels of `statements` are kept to be compared with",
  }),
  trust: Type.Integer({
    minimum: 0,
    maximum: 100,
    description: "Of sources that state levels of one item the one with the higher trust holds, while it is fresh",
  }),
  freshForSeconds: Type.Integer({
    minimum: 1,
    maximum: sourceLimits.freshForSecondsMax,
    description:
      "How long it may be silent before it is stale, and how long its statements hold against less trusted ones",
  }),
  locationIds: Type.Array(Id("Location"), {
    maxItems: sourceLimits.locationsMax,
    uniqueItems: true,
    description: "Locations that it speaks for: at each of them it is told when it becomes stale",
  }),
  channelId: Nullable(Id("Channel whose numbers are published to it")),
  echoWindowSeconds: Type.Integer({
    minimum: 0,
    maximum: sourceLimits.echoWindowSecondsMax,
    description: "For how long after a publication the same number is taken for its echo; 0 for never",
  }),
  timezone: Nullable(Type.String({ minLength: 1, maxLength: 64, description: "IANA time zone of times without one" })),
  signature: Type.String({ enum: [...sourceSignatures], description: "How its payloads are signed" }),
  payloadUrl: Nullable(
    Type.String({
      pattern: "^https?://[^\\s]{1,500}$",
      description: "The address that its payloads are sent to, as the platform was told it: Square signs it with them",
    }),
  ),
};

/** What is taken where nothing is said. */
export const sourceDefaults = {
  kind: "other",
  mode: "both",
  role: "stock",
  trust: 50,
  freshForSeconds: 3_600,
  locationIds: [],
  channelId: null,
  echoWindowSeconds: 0,
  timezone: null,
  signature: "none",
  payloadUrl: null,
} as const;

const { name, ...others } = fields;
const optional = Type.Partial(Type.Object(others)).properties;
const Status = Type.String({ enum: ["active", "archived"] });

export const CreateSource = Closed({ sourceId: Type.Optional(SourceId), name, ...optional }, "CreateSource");
export type CreateSource = Static<typeof CreateSource>;

export const PatchSource = Closed(
  { name: Type.Optional(name), ...optional, status: Type.Optional(Status) },
  "PatchSource",
);
export type PatchSource = Static<typeof PatchSource>;

const Contact = Type.Object({
  locationId: Nullable(Type.String({ description: "Null for the source as a whole" })),
  lastHeardAt: Timestamp("When it was heard of last"),
  lastEventAt: Nullable(Timestamp("The newest moment that it told of")),
  stale: Type.Boolean({ description: "It has been silent for longer than it may be" }),
});

export const Source = Type.Object(
  {
    sourceId: Type.String({ description: "Id of the source" }),
    ...fields,
    status: Status,
    mappingVersion: Nullable(
      Type.Integer({
        description: "The version of its mapping that payloads go through; null when it sends our lines",
      }),
    ),
    contacts: Type.Array(Contact, {
      description: "As a whole, and at locations; the longest silent first, at most 1,000",
    }),
    secrets: Type.Array(Type.Object({ secretId: Type.String(), createdAt: Timestamp("When it was added") }), {
      description: "What its payloads may be signed with; the secrets themselves are never shown",
    }),
    openParkedLines: Type.Integer({ description: "Its lines that wait for somebody; 1,000 for that many or more" }),
    version: Type.Integer({ description: "Changes so far; also the strong ETag" }),
    createdAt: Timestamp("When it was registered"),
    updatedAt: Timestamp("When it was last changed"),
  },
  { $id: "Source" },
);
export type Source = Static<typeof Source>;

const Kind = Type.String({ enum: [...sourceCodeKinds] });
const Code = NonEmptyText(sourceLimits.codeCharactersMax, "What the source calls it");

export const PutSourceCodes = Closed(
  {
    codes: Type.Array(
      Closed(
        {
          kind: Kind,
          code: Code,
          targetId: Nullable(Id("The product or location that it means; null forgets the code")),
        },
        "SourceCodeChange",
      ),
      { minItems: 1, maxItems: sourceLimits.codesMax },
    ),
  },
  "PutSourceCodes",
);
export type PutSourceCodes = Static<typeof PutSourceCodes>;

export const PutSourceCodesResult = Type.Object(
  {
    put: Type.Integer({ description: "Codes that are known now" }),
    removed: Type.Integer({ description: "Codes that are forgotten" }),
    retried: Type.Integer({
      description: "Parked lines that waited for one of them and were applied; more may follow",
    }),
  },
  { $id: "PutSourceCodesResult" },
);

export const SourceCode = Type.Object(
  { kind: Kind, code: Type.String(), targetId: Type.String() },
  { $id: "SourceCode" },
);

export const PublishToSource = Closed(
  {
    publications: Type.Array(
      Closed(
        {
          productId: Type.Optional(Id("Product, or name it by `sku`")),
          sku: Type.Optional(Sku),
          locationId: Type.Optional(Id("Location; absent for a number of all locations together")),
          stockLevel: Level("The number that the source was told"),
          reference: Type.Optional(NonEmptyText(255, "An id of the publication that its echo carries")),
          publishedAt: Type.Optional(Timestamp("When it was told; now when absent")),
        },
        "Publication",
      ),
      { minItems: 1, maxItems: sourceLimits.publicationsMax },
    ),
  },
  "PublishToSource",
);
export type PublishToSource = Static<typeof PublishToSource>;

export const PublishToSourceResult = Type.Object({ published: Type.Integer() }, { $id: "PublishToSourceResult" });

export const SourceStatement = Type.Object(
  {
    productId: Type.String(),
    locationId: Type.String(),
    stockLevel: Quantity("The level that it stated last"),
    asOf: Timestamp("The moment that it spoke of"),
    version: Nullable(Type.Integer({ description: "The source's own number of the statement" })),
    receivedAt: Timestamp("When it came"),
    rule: Type.String({ description: "What was decided about it; `statement` for one that is only compared with" }),
  },
  { $id: "SourceStatement" },
);

export const AddSourceSecret = Closed(
  { secret: Text(sourceLimits.secretCharactersMax, "What the platform signs with, as it shows it") },
  "AddSourceSecret",
);
export type AddSourceSecret = Static<typeof AddSourceSecret>;
