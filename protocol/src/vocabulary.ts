/**
 * The words of Onhand as plain constants: what is written in the journal, said in answers and used in code.
 * Numbers are stored; never renumber, only append.
 */

/** What an entry records. The number is the journal column `kind`. */
export const entryKinds = {
  inventoryAdjusted: 1,
  inventorySet: 2,
  inventoryConfigured: 3,
  inventoryArchived: 4,
  inventoryDeleted: 5,
  productCreated: 10,
  productUpdated: 11,
  productArchived: 12,
  productDeleted: 13,
  locationCreated: 20,
  locationUpdated: 21,
  locationArchived: 22,
  locationDeleted: 23,
  inventoryReserved: 40,
  inventoryCommitted: 41,
  inventoryReleased: 42,
  inventoryHoldExpired: 43,
  inventoryExpected: 44,
  inventoryShipped: 45,
  inventoryReceived: 46,
  inventoryCancelled: 47,
  inventoryMoved: 48,
  inventoryLow: 60,
  inventoryOut: 61,
  inventoryBack: 62,
  inventoryOversold: 63,
  inventoryUnusual: 64,
  inventoryDriftFound: 65,
  inventoryDriftResolved: 66,
  inventoryDemandRefused: 67,
  reservationPaying: 70,
  reservationExtended: 71,
  reservationPaymentLate: 72,
  transferRescheduled: 73,
  reservationSuperseded: 74,
  channelCreated: 80,
  channelUpdated: 81,
  channelArchived: 82,
  channelDeleted: 83,
  channelAvailability: 84,
  sourceChanged: 90,
  sourceStale: 91,
  sourceFresh: 92,
  sourceParked: 93,
  journalCheckpointed: 100,
} as const;
export type EntryKind = (typeof entryKinds)[keyof typeof entryKinds];

/**
 * What an entry is about: an inventory item, a part of the catalogue, an order on stock, what a channel may sell, or a
 * record that is kept beside the journal and told of in it.
 */
export type EntrySubject = "item" | "product" | "location" | "order" | "channel" | "channelLevel" | "record";

/** @returns what entries of a kind are about */
export function subjectOfKind(kind: EntryKind): EntrySubject {
  if (kind < entryKinds.productCreated) return "item";
  if (kind < entryKinds.locationCreated) return "product";
  if (kind < entryKinds.inventoryReserved) return "location";
  if (kind < entryKinds.reservationPaying) return "item";
  if (kind < entryKinds.channelCreated) return "order";
  if (kind >= entryKinds.sourceChanged) return "record";
  return kind === entryKinds.channelAvailability ? "channelLevel" : "channel";
}

/** Entries that tell of an item and change nothing of it: its version stays. */
export const isNotice = (kind: EntryKind): boolean =>
  kind >= entryKinds.inventoryLow && kind <= entryKinds.inventoryDemandRefused;

/** CloudEvents `type` of each entry kind. */
export const eventTypes = {
  1: "inventory.adjusted.v1",
  2: "inventory.set.v1",
  3: "inventory.configured.v1",
  4: "inventory.archived.v1",
  5: "inventory.deleted.v1",
  10: "product.created.v1",
  11: "product.updated.v1",
  12: "product.archived.v1",
  13: "product.deleted.v1",
  20: "location.created.v1",
  21: "location.updated.v1",
  22: "location.archived.v1",
  23: "location.deleted.v1",
  40: "inventory.reserved.v1",
  41: "inventory.committed.v1",
  42: "inventory.released.v1",
  43: "inventory.hold_expired.v1",
  44: "inventory.expected.v1",
  45: "inventory.shipped.v1",
  46: "inventory.received.v1",
  47: "inventory.cancelled.v1",
  48: "inventory.moved.v1",
  60: "inventory.low.v1",
  61: "inventory.out.v1",
  62: "inventory.back.v1",
  63: "inventory.oversold.v1",
  64: "inventory.unusual.v1",
  65: "inventory.drift_found.v1",
  66: "inventory.drift_resolved.v1",
  67: "inventory.demand_refused.v1",
  70: "reservation.paying.v1",
  71: "reservation.extended.v1",
  72: "reservation.payment_late.v1",
  73: "transfer.rescheduled.v1",
  74: "reservation.superseded.v1",
  80: "channel.created.v1",
  81: "channel.updated.v1",
  82: "channel.archived.v1",
  83: "channel.deleted.v1",
  84: "channel.availability.v1",
  90: "source.changed.v1",
  91: "source.stale.v1",
  92: "source.fresh.v1",
  93: "source.parked.v1",
  100: "journal.checkpointed.v1",
} as const satisfies Readonly<Record<EntryKind, string>>;

/** Why stock moved. The position is the journal column `movement_type`; `correction` is the default. */
export const movementTypes = [
  "correction",
  "sale",
  "return",
  "restock",
  "loss",
  "hold",
  "transfer",
  "supply",
  "count",
  "state",
] as const;
export type MovementType = (typeof movementTypes)[number];

/** Movement types that a caller may name; the others follow from the operation. */
export const callerMovementTypes = [
  "correction",
  "sale",
  "return",
  "restock",
  "loss",
] as const satisfies MovementType[];

/** States of units that are on hand and cannot be sold. */
export const unsellableStates = ["damaged", "quality_control", "quarantine", "expired"] as const;
export type UnsellableState = (typeof unsellableStates)[number];

/** What may be done with units: a promise to a buyer, a way between own locations, a delivery from outside. */
export const orderKinds = ["reservation", "transfer", "supply"] as const;
export type OrderKind = (typeof orderKinds)[number];

/** How units of a line went that came to nothing. */
export const lineEnds = ["released", "expired", "superseded", "cancelled", "lost"] as const;
export type LineEnd = (typeof lineEnds)[number];

/** How locations of a group are chosen when none is named. */
export const sourcingPolicies = ["priority", "most_stock", "fewest_parcels"] as const;
export type SourcingPolicyName = (typeof sourcingPolicies)[number];

/**
 * Rules by which what a source says is decided. Changes are added, in any order. Of levels the newest holds as of its
 * time; older ones, and those of sources that are less trusted than the one that holds, are recorded and move nothing.
 */
export const sourceRules = ["change_added", "newest_level", "older_level", "older_version", "less_trusted"] as const;
export type SourceRule = (typeof sourceRules)[number];

/** Life of a product, location or item. The position is what is stored. */
export const lifeStates = ["active", "archived", "deleted"] as const;
export type LifeState = (typeof lifeStates)[number];

/** Roles of API keys, weakest first; each includes the ones before it. */
export const roles = ["reader", "writer", "admin"] as const;
export type Role = (typeof roles)[number];

/**
 * Reasons for which a command is refused by the rules of stock, in order of precedence: when several apply, the
 * first in this list is the answer.
 */
export const rejectionCodes = [
  "not_found",
  "already_exists",
  "archived",
  "precondition_required",
  "version_conflict",
  "validation_failed",
  "in_use",
  "reservation_expired",
  "already_ended",
  "hold_limit_exceeded",
  "insufficient_stock",
] as const;
export type RejectionCode = (typeof rejectionCodes)[number];

/** Largest magnitude of any quantity: the largest integer that JSON readers everywhere keep exact (2^53 − 1). */
export const quantityMax = Number.MAX_SAFE_INTEGER;

/** How far ahead of the database's clock a caller's time may be, in milliseconds. */
export const futureToleranceMs = 5 * 60 * 1000;
