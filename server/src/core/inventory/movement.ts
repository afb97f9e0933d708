/** One movement of one item: the entry that records it, and the item after it. */
import { type EntryKind, type MovementType, movementTypes } from "@onhand/protocol/vocabulary";
import type { CommandOrigin, EntryText } from "../command.ts";
import { type EntryDetail, formatDetail } from "../record/entry-detail.ts";
import type { Draft, ItemPlace } from "../state.ts";
import { type Item, type ItemExtras, type Levels, noExtras } from "./item.ts";

/** Who an entry says has asked, where nobody did: expiry, and what follows from other entries. */
export const systemActor = "onhand";

export type Cause = Pick<CommandOrigin, "actor" | "source" | "requestId" | "traceparent">;

export interface Movement {
  readonly kind: EntryKind;
  readonly delta: Levels;
  readonly movementType: MovementType;
  /** The item's extras after it; absent: as before. */
  readonly extras?: ItemExtras;
  /** True when it may leave available below zero. */
  readonly allowsNegative?: boolean;
  /** Null: when it is recorded. */
  readonly occurredAtMs?: number | null;
  readonly detail?: Omit<EntryDetail, "extras" | "life">;
  readonly sku: string;
  readonly text?: EntryText | null;
  /** Where all entries of the change lie, see `parts.ts`; null for a change with one. */
  readonly parts: string | null;
}

/** An item that does not exist yet, about to get its first entry. */
export const newItem = (place: ItemPlace, sequence: number): Item => ({
  partition: place.partition,
  productId: place.productId,
  locationId: place.locationId,
  itemNumber: sequence,
  onHand: 0,
  reserved: 0,
  unavailable: 0,
  incoming: 0,
  safetyStock: 0,
  reorderPoint: null,
  version: 0,
  lastSequence: 0,
  updatedAtMs: 0,
  life: "active",
  extras: noExtras,
});

/**
 * Appends the entry of a movement behind what the draft holds, and makes its item what it is after it. Nothing is checked.
 * An item that does not exist is created; a deleted one comes back with its number, without its settings.
 */
export function move(draft: Draft, cause: Cause, place: ItemPlace, movement: Movement, nowMs: number): Item {
  const { partition, productId, locationId } = place;
  const stored = draft.item(partition, productId, locationId);
  const sequence = draft.nextSequence(partition);
  const base = stored ?? newItem(place, sequence);
  const isRevived = base.life === "deleted";
  const recordedAtMs = Math.max(nowMs, draft.head(partition).recordedAtMs);
  const { delta, text = null, occurredAtMs = null } = movement;
  const after: Item = {
    partition,
    productId,
    locationId,
    itemNumber: base.itemNumber,
    onHand: base.onHand + delta.onHand,
    reserved: base.reserved + delta.reserved,
    unavailable: base.unavailable + delta.unavailable,
    incoming: base.incoming + delta.incoming,
    safetyStock: isRevived ? 0 : base.safetyStock,
    reorderPoint: isRevived ? null : base.reorderPoint,
    version: base.version + 1,
    lastSequence: sequence,
    updatedAtMs: recordedAtMs,
    life: base.life === "archived" ? "archived" : "active",
    extras: movement.extras ?? (isRevived ? noExtras : base.extras),
  };
  const entry = {
    partition,
    sequence,
    kind: movement.kind,
    productId,
    locationId,
    itemNumber: after.itemNumber,
    previousSequence: stored === null ? null : stored.lastSequence,
    version: after.version,
    delta,
    after,
    safetyStock: after.safetyStock,
    reorderPoint: after.reorderPoint,
    movementType: movementTypes.indexOf(movement.movementType),
    allowsNegative: movement.allowsNegative ?? false,
    occurredAtMs: occurredAtMs ?? recordedAtMs,
    recordedAtMs,
    actor: cause.actor,
    source: cause.source,
    requestId: cause.requestId,
    traceparent: cause.traceparent,
    parts: movement.parts,
    textCommitment: text?.commitment ?? null,
    detail: detailOf(after, movement.detail),
  };
  draft.append(entry, { sku: movement.sku, text });
  draft.putItem(after);
  return after;
}

/** @returns the detail of an item's entry: what is there of the item beside its columns, and what the entry says */
export function detailOf(after: Item, said: EntryDetail = {}): string | null {
  const kept = { ...said, ...(after.life === "archived" ? { life: "archived" as const } : {}) };
  return formatDetail(after.extras === noExtras ? kept : { ...kept, extras: after.extras });
}
