/**
 * Every event of the change feed: a CloudEvents 1.0 envelope, and what the event tells. The schemas that readers get are
 * made here; what was released of them is kept in protocol/schemas, and must not change so that a reader breaks.
 */
import Type, { type Static } from "typebox";
import { InventoryItem, LevelChange, Location, Product } from "./resources.ts";
import { Nullable } from "./schema.ts";

const inventoryTypes = [
  "inventory.adjusted.v1",
  "inventory.set.v1",
  "inventory.configured.v1",
  "inventory.archived.v1",
  "inventory.deleted.v1",
] as const;
const productTypes = ["product.created.v1", "product.updated.v1", "product.archived.v1", "product.deleted.v1"] as const;
const locationTypes = [
  "location.created.v1",
  "location.updated.v1",
  "location.archived.v1",
  "location.deleted.v1",
] as const;

type EventType = (typeof inventoryTypes | typeof productTypes | typeof locationTypes)[number];

type SentType = EventType | typeof pingType;

/** When the server says that something was: UTC with milliseconds. */
const Moment = (description: string) =>
  Type.String({ format: "date-time", pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$", description });

const specversion = Type.Literal("1.0");
const eventSource = Type.String({
  minLength: 1,
  format: "uri-reference",
  description: "The installation: /onhand/…",
});

const envelope = {
  specversion,
  id: Type.String({ minLength: 1, description: "Id of the entry, mov_…; together with `source` it is unique" }),
  source: eventSource,
  subject: Type.String({ minLength: 1, description: "product/location, or the product or the location alone" }),
  time: Moment("When it was recorded"),
  partitionkey: Type.String({
    minLength: 1,
    description: "Product, or location where there is none: events with the same key come in order",
  }),
  sequence: Type.String({ pattern: "^\\d{20}$", description: "Number within the partition of the journal, 20 digits" }),
  traceparent: Type.Optional(Type.String({ description: "W3C trace context of the request, when it had one" })),
};

const origin = {
  reason: Nullable(Type.String({ description: "Why, in words" })),
  reference: Nullable(Type.String({ description: "The caller's own reference" })),
  actor: Type.String({ description: "Id of the key that asked for it" }),
  source: Nullable(Type.String({ description: "The source that it was imported from, if it was" })),
  requestId: Type.String({ description: "`X-Request-Id` of the request" }),
  occurredAt: Moment("When it happened, as the caller says"),
  recordedAt: Moment("When it was recorded"),
};

const cursor = Type.String({ minLength: 1, description: "Where a reader stands that has read this event" });

const inventoryData = Type.Object({
  cursor,
  movementId: Type.String({ description: "Id of the movement; the same as `id`" }),
  change: LevelChange,
  previous: Nullable(InventoryItem),
  item: InventoryItem,
  ...origin,
});
const productData = Type.Object({ cursor, product: Product, ...origin });
const locationData = Type.Object({ cursor, location: Location, ...origin });

/** A change of one product at one location. */
export const InventoryEvent = Type.Object(
  { ...envelope, type: Type.Enum(inventoryTypes), data: inventoryData },
  { $id: "InventoryEvent", description: "A change of one product at one location" },
);
export type InventoryEvent = Static<typeof InventoryEvent>;

/** A change of a product. */
export const ProductEvent = Type.Object(
  { ...envelope, type: Type.Enum(productTypes), data: productData },
  { $id: "ProductEvent", description: "A change of a product" },
);
export type ProductEvent = Static<typeof ProductEvent>;

/** A change of a location. */
export const LocationEvent = Type.Object(
  { ...envelope, type: Type.Enum(locationTypes), data: locationData },
  { $id: "LocationEvent", description: "A change of a location" },
);
export type LocationEvent = Static<typeof LocationEvent>;

export const FeedEvent = Type.Union([InventoryEvent, ProductEvent, LocationEvent], {
  $id: "FeedEvent",
  description: "A committed change as a CloudEvents 1.0 event",
});
export type FeedEvent = Static<typeof FeedEvent>;

interface EventKind {
  /** What has happened. */
  readonly about: string;
  readonly data: Type.TSchema;
}

/** Every type of event, in the order of documents. */
const eventKinds: Readonly<Record<EventType, EventKind>> = {
  "inventory.adjusted.v1": { about: "Stock moved by a difference: sale, return, restock, loss", data: inventoryData },
  "inventory.set.v1": { about: "A level was set to what was counted or stated", data: inventoryData },
  "inventory.configured.v1": {
    about: "Safety stock, reorder point or status changed; no stock moved",
    data: inventoryData,
  },
  "inventory.archived.v1": { about: "The item was archived", data: inventoryData },
  "inventory.deleted.v1": { about: "The item was deleted; `item` is what it was last", data: inventoryData },
  "product.created.v1": { about: "A product was created", data: productData },
  "product.updated.v1": { about: "A product changed, or came back from the archive", data: productData },
  "product.archived.v1": { about: "A product was archived", data: productData },
  "product.deleted.v1": { about: "A product was deleted; `product` is what it was last", data: productData },
  "location.created.v1": { about: "A location was created", data: locationData },
  "location.updated.v1": { about: "A location changed, or came back from the archive", data: locationData },
  "location.archived.v1": { about: "A location was archived", data: locationData },
  "location.deleted.v1": { about: "A location was deleted; `location` is what it was last", data: locationData },
};

/** Where the schema of an event lies on a server. */
export const eventSchemaPath = (type: string): string => `/v1/schemas/${type}`;

type Json = Record<string, unknown>;

/** Named schemas become definitions of the document, everything else stays in place. */
function withDefinitions(schema: unknown, definitions: Json): unknown {
  if (Array.isArray(schema)) return schema.map((element) => withDefinitions(element, definitions));
  if (typeof schema !== "object" || schema === null) return schema;
  const { $id, ...rest } = schema as Json;
  const plain = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, withDefinitions(value, definitions)]),
  );
  if (typeof $id !== "string") return plain;
  definitions[$id] = plain;
  return { $ref: `#/$defs/${$id}` };
}

/** The test event of webhooks. It is no change, and so not in the feed. */
export const pingType = "webhook.ping.v1";

const pingObject = Type.Object({
  specversion,
  id: Type.String({ minLength: 1, description: "Id of the ping, ping_…" }),
  source: eventSource,
  type: Type.Literal(pingType),
  subject: Type.String({ minLength: 1, description: "The subscription" }),
  time: Moment("When it was sent"),
  data: Type.Object({ subscriptionId: Type.String() }),
});

/** @returns the form of events of one type */
export const eventObject = (type: SentType): Type.TObject =>
  type === pingType ? pingObject : Type.Object({ ...envelope, type: Type.Literal(type), data: eventKinds[type].data });

/** @returns what events of a type tell of */
export const aboutEvent = (type: SentType): string =>
  type === pingType ? "A test of a webhook subscription; it means nothing" : eventKinds[type].about;

/** @returns the JSON Schema (2020-12) of events of a type */
export function eventSchema(type: SentType): Json {
  const about = aboutEvent(type);
  const definitions: Json = {};
  const schema = withDefinitions(eventObject(type), definitions) as Json;
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: eventSchemaPath(type),
    title: type,
    description: about,
    ...schema,
    $defs: definitions,
  };
}

/** The types of events in the feed, in the order of documents. */
export const eventTypeNames = Object.keys(eventKinds) as EventType[];

/** Every type of event that is sent anywhere. */
export const sentTypeNames: readonly SentType[] = [...eventTypeNames, pingType];
