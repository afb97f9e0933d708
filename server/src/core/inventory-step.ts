/** A line of an inventory command with its item before and after it, and the entry that records it. */
import { type EntryKind, entryKinds, movementTypes } from "@onhand/protocol/vocabulary";
import type { InventoryCommand, InventoryLine } from "./command.ts";
import type { Entry } from "./entry.ts";
import type { Item } from "./item.ts";
import type { Draft } from "./state.ts";

/** A line with its item before and after it. */
export interface Step {
  readonly line: InventoryLine;
  readonly index: number;
  readonly partition: number;
  readonly sku: string;
  readonly before: Item | null;
  readonly after: Item;
  /** True when the entry may leave available below zero. */
  readonly allowsNegative: boolean;
}

/** @returns the item as the line leaves it; written out field by field, for it is made for every change */
export function changed(
  draft: Draft,
  line: InventoryLine,
  before: Item | null,
  partition: number,
  nowMs: number,
  sequence: number,
): Item {
  const { change } = line;
  const base = before ?? newItem(line, partition, sequence);
  // A deleted item that comes back keeps its number and goes on counting versions, but not its settings.
  const isRevived = base.life === "deleted";
  const safetyStock = change.safetyStock ?? (isRevived ? 0 : base.safetyStock);
  const reorderPoint = change.reorderPoint === undefined ? (isRevived ? null : base.reorderPoint) : change.reorderPoint;
  // + 0 turns a negative zero into zero.
  return {
    partition,
    productId: base.productId,
    locationId: base.locationId,
    itemNumber: base.itemNumber,
    onHand: newOnHand(draft, line, before) + 0,
    reserved: base.reserved,
    unavailable: (change.unavailableStock ?? base.unavailable) + 0,
    incoming: (change.incomingStock ?? base.incoming) + 0,
    safetyStock: safetyStock + 0,
    reorderPoint: reorderPoint === null ? null : reorderPoint + 0,
    version: base.version + 1,
    lastSequence: sequence,
    updatedAtMs: Math.max(nowMs, draft.head(partition).recordedAtMs),
    life: change.retire === "archive" ? "archived" : change.retire === "delete" ? "deleted" : "active",
  };
}

function newItem(line: InventoryLine, partition: number, sequence: number): Item {
  return {
    partition,
    productId: line.productId,
    locationId: line.locationId,
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
  };
}

function newOnHand(draft: Draft, line: InventoryLine, before: Item | null): number {
  const { change } = line;
  if (change.stockLevel === undefined) return (before?.onHand ?? 0) + (change.adjustment ?? 0);
  if (change.countedAtMs === undefined || before === null) return change.stockLevel;
  return change.stockLevel + draft.movedSince(before, change.countedAtMs);
}

/** @returns the entry that records a step */
export function toEntry(
  draft: Draft,
  command: InventoryCommand,
  step: Step,
  parts: string | null,
  nowMs: number,
): Entry {
  const { line, before, after } = step;
  const recordedAtMs = Math.max(nowMs, draft.head(step.partition).recordedAtMs);
  return {
    partition: step.partition,
    sequence: after.lastSequence,
    kind: kindOf(line),
    productId: line.productId,
    locationId: line.locationId,
    itemNumber: after.itemNumber,
    previousSequence: before === null ? null : before.lastSequence,
    version: after.version,
    delta: {
      onHand: after.onHand - (before?.onHand ?? 0),
      reserved: 0,
      unavailable: after.unavailable - (before?.unavailable ?? 0),
      incoming: after.incoming - (before?.incoming ?? 0),
    },
    after,
    safetyStock: after.safetyStock,
    reorderPoint: after.reorderPoint,
    movementType: movementTypes.indexOf(line.movementType),
    allowsNegative: step.allowsNegative,
    occurredAtMs: line.occurredAtMs ?? line.change.countedAtMs ?? recordedAtMs,
    recordedAtMs,
    actor: command.actor,
    source: command.source,
    requestId: command.requestId,
    traceparent: command.traceparent,
    parts,
    textCommitment: line.text?.commitment ?? null,
    detail: null,
  };
}

function kindOf(line: InventoryLine): EntryKind {
  const { change } = line;
  if (change.retire === "archive") return entryKinds.inventoryArchived;
  if (change.retire === "delete") return entryKinds.inventoryDeleted;
  if (change.adjustment !== undefined) return entryKinds.inventoryAdjusted;
  return change.stockLevel !== undefined ? entryKinds.inventorySet : entryKinds.inventoryConfigured;
}
