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
} as const;
export type EntryKind = (typeof entryKinds)[keyof typeof entryKinds];

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
} as const satisfies Readonly<Record<EntryKind, string>>;

/** Why stock moved. The position is the journal column `movement_type`; `correction` is the default. */
export const movementTypes = ["correction", "sale", "return", "restock", "loss"] as const;
export type MovementType = (typeof movementTypes)[number];

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
  "insufficient_stock",
] as const;
export type RejectionCode = (typeof rejectionCodes)[number];

/** Largest magnitude of any quantity: the largest integer that JSON readers everywhere keep exact (2^53 − 1). */
export const quantityMax = Number.MAX_SAFE_INTEGER;

/** How far ahead of the database's clock a caller's time may be, in milliseconds. */
export const futureToleranceMs = 5 * 60 * 1000;
