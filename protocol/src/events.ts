/**
 * Every event of the change feed: a CloudEvents 1.0 envelope, and what the event tells. The schemas that readers get are
 * made here; what was released of them is kept in protocol/schemas, and must not change so that a reader breaks.
 */
import Type, { type Static } from "typebox";
import { Channel } from "./channels.ts";
import { ContainedMovement, Moment, Moved, Notice, OrderHeader, OrderPart, ReportedLine } from "./event-parts.ts";
import { InventoryItem, LevelChange, Location, Product } from "./resources.ts";
import { Nullable } from "./schema.ts";

const inventoryTypes = [
  "inventory.adjusted.v1",
  "inventory.set.v1",
  "inventory.configured.v1",
  "inventory.archived.v1",
  "inventory.deleted.v1",
  "inventory.reserved.v1",
  "inventory.committed.v1",
  "inventory.released.v1",
  "inventory.hold_expired.v1",
  "inventory.expected.v1",
  "inventory.shipped.v1",
  "inventory.received.v1",
  "inventory.cancelled.v1",
  "inventory.moved.v1",
  "inventory.low.v1",
  "inventory.out.v1",
  "inventory.back.v1",
  "inventory.oversold.v1",
  "inventory.unusual.v1",
  "inventory.drift_found.v1",
  "inventory.drift_resolved.v1",
  "inventory.demand_refused.v1",
] as const;
const productTypes = ["product.created.v1", "product.updated.v1", "product.archived.v1", "product.deleted.v1"] as const;
const locationTypes = [
  "location.created.v1",
  "location.updated.v1",
  "location.archived.v1",
  "location.deleted.v1",
] as const;
const orderTypes = [
  "reservation.paying.v1",
  "reservation.extended.v1",
  "reservation.payment_late.v1",
  "transfer.rescheduled.v1",
  "reservation.superseded.v1",
] as const;
const channelTypes = ["channel.created.v1", "channel.updated.v1", "channel.archived.v1", "channel.deleted.v1"] as const;
const availabilityTypes = ["channel.availability.v1"] as const;
const recordTypes = [
  "source.changed.v1",
  "source.stale.v1",
  "source.fresh.v1",
  "source.parked.v1",
  "journal.checkpointed.v1",
] as const;

type EventType = (
  | typeof inventoryTypes
  | typeof productTypes
  | typeof locationTypes
  | typeof orderTypes
  | typeof channelTypes
  | typeof availabilityTypes
  | typeof recordTypes
)[number];

type SentType = EventType | typeof pingType;

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
  subject: Type.String({
    minLength: 1,
    description:
      "product/location, product/channel, or the product, location, order, channel, source or partition alone",
  }),
  time: Moment("When it was recorded"),
  partitionkey: Type.String({
    minLength: 1,
    description: "Product, or location or channel where there is none: events with the same key come in order",
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
  order: Type.Optional(OrderPart),
  moved: Type.Optional(Moved),
  contained: Type.Optional(ContainedMovement),
  review: Type.Optional(Type.String({ description: "Why somebody should look at it" })),
  notice: Type.Optional(Notice),
  reported: Type.Optional(ReportedLine),
  ...origin,
});
const productData = Type.Object({ cursor, product: Product, ...origin });
const locationData = Type.Object({ cursor, location: Location, ...origin });
const orderData = Type.Object({
  cursor,
  order: OrderHeader,
  lines: Type.Array(Type.Integer(), {
    description: "Lines that it concerns in this partition: an order over several partitions has an event in each",
  }),
  ...origin,
});
const channelData = Type.Object({ cursor, channel: Channel, ...origin });
const availabilityData = Type.Object({
  cursor,
  channelId: Type.String(),
  productId: Type.String(),
  sku: Type.String(),
  available: Type.Integer({ minimum: 0, description: "Units that the channel may sell now" }),
  previousAvailable: Type.Integer({ minimum: 0, description: "Units that it was told before; 0 at first" }),
  ...origin,
});

const recordData = Type.Object({
  cursor,
  recordId: Type.String({ description: "Id of the source, or `partition-3`" }),
  record: Type.Record(Type.String(), Type.Unknown(), { description: "What is told of it; members depend on the type" }),
  ...origin,
});

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

/** A change of an order on stock as a whole. */
export const OrderEvent = Type.Object(
  { ...envelope, type: Type.Enum(orderTypes), data: orderData },
  { $id: "OrderEvent", description: "A change of a reservation, transfer or supply as a whole" },
);
export type OrderEvent = Static<typeof OrderEvent>;

/** A change of a channel. */
export const ChannelEvent = Type.Object(
  { ...envelope, type: Type.Enum(channelTypes), data: channelData },
  { $id: "ChannelEvent", description: "A change of a channel" },
);
export type ChannelEvent = Static<typeof ChannelEvent>;

/** Another number that a channel may sell. */
export const AvailabilityEvent = Type.Object(
  { ...envelope, type: Type.Enum(availabilityTypes), data: availabilityData },
  { $id: "AvailabilityEvent", description: "Another number of units that a channel may sell" },
);
export type AvailabilityEvent = Static<typeof AvailabilityEvent>;

/** Something told of a record that is kept beside the journal. */
export const RecordEvent = Type.Object(
  { ...envelope, type: Type.Enum(recordTypes), data: recordData },
  { $id: "RecordEvent", description: "Something told of a source, or of the journal itself" },
);
export type RecordEvent = Static<typeof RecordEvent>;

export const FeedEvent = Type.Union(
  [InventoryEvent, ProductEvent, LocationEvent, OrderEvent, ChannelEvent, AvailabilityEvent, RecordEvent],
  { $id: "FeedEvent", description: "A committed change as a CloudEvents 1.0 event" },
);
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
  "inventory.reserved.v1": { about: "Units were held for a reservation or a transfer", data: inventoryData },
  "inventory.committed.v1": { about: "Units of a reservation were sold", data: inventoryData },
  "inventory.released.v1": { about: "Held units went back: given up, cancelled or superseded", data: inventoryData },
  "inventory.hold_expired.v1": { about: "Held units went back, for their time was over", data: inventoryData },
  "inventory.expected.v1": { about: "Units are on their way to the item", data: inventoryData },
  "inventory.shipped.v1": { about: "Held units left for another location", data: inventoryData },
  "inventory.received.v1": { about: "Units arrived, or came back", data: inventoryData },
  "inventory.cancelled.v1": {
    about: "Units on their way are expected no more: cancelled or lost",
    data: inventoryData,
  },
  "inventory.moved.v1": { about: "Units changed between sellable and states that are not", data: inventoryData },
  "inventory.low.v1": { about: "Available fell to the reorder point; no stock moved", data: inventoryData },
  "inventory.out.v1": { about: "Nothing is available any more; no stock moved", data: inventoryData },
  "inventory.back.v1": { about: "Available rose above a threshold again; no stock moved", data: inventoryData },
  "inventory.oversold.v1": {
    about: "More is promised or gone than there was: available is below zero; no stock moved",
    data: inventoryData,
  },
  "inventory.unusual.v1": {
    about: "An adjustment is out of the ordinary for its item; no stock moved",
    data: inventoryData,
  },
  "inventory.drift_found.v1": {
    about: "Two records of the item's stock differ, and an open item of reconciliation was made; no stock moved",
    data: inventoryData,
  },
  "inventory.drift_resolved.v1": {
    about: "A difference of the item's stock was corrected, explained or is gone; no stock moved by this entry",
    data: inventoryData,
  },
  "inventory.demand_refused.v1": {
    about: "Units were asked for that were not there: requests refused since the entry before; no stock moved",
    data: inventoryData,
  },
  "product.created.v1": { about: "A product was created", data: productData },
  "product.updated.v1": { about: "A product changed, or came back from the archive", data: productData },
  "product.archived.v1": { about: "A product was archived", data: productData },
  "product.deleted.v1": { about: "A product was deleted; `product` is what it was last", data: productData },
  "location.created.v1": { about: "A location was created", data: locationData },
  "location.updated.v1": { about: "A location changed, or came back from the archive", data: locationData },
  "location.archived.v1": { about: "A location was archived", data: locationData },
  "location.deleted.v1": { about: "A location was deleted; `location` is what it was last", data: locationData },
  "reservation.paying.v1": { about: "Payment of a reservation has begun, with time of its own", data: orderData },
  "reservation.extended.v1": { about: "A reservation holds for longer", data: orderData },
  "reservation.payment_late.v1": {
    about: "Money came for a reservation that had ended; told once, whatever became of it",
    data: orderData,
  },
  "transfer.rescheduled.v1": { about: "Units of a transfer or supply are expected at another time", data: orderData },
  "reservation.superseded.v1": {
    about:
      "A newer reservation took the place of one; told by itself only where no unit of it went back in the partition of its id",
    data: orderData,
  },
  "channel.created.v1": { about: "A channel was created", data: channelData },
  "channel.updated.v1": { about: "A channel changed, or came back from the archive", data: channelData },
  "channel.archived.v1": { about: "A channel was archived", data: channelData },
  "channel.deleted.v1": { about: "A channel was deleted; `channel` is what it was last", data: channelData },
  "channel.availability.v1": {
    about: "Another number of units of a product that a channel may sell",
    data: availabilityData,
  },
  "source.changed.v1": { about: "A source was registered, changed or archived", data: recordData },
  "source.stale.v1": { about: "A source was not heard from for longer than it may be silent", data: recordData },
  "source.fresh.v1": { about: "A source that was stale was heard from again", data: recordData },
  "source.parked.v1": { about: "Lines of a source wait for somebody: they could not be applied", data: recordData },
  "journal.checkpointed.v1": {
    about: "Levels and the head of a partition were written down, so that checks and rebuilds can start there",
    data: recordData,
  },
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
