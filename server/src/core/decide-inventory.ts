/** Decides changes of stock. All lines of a command are applied, or none. */
import { type EntryKind, entryKinds, futureToleranceMs, movementTypes, quantityMax } from "@onhand/protocol/vocabulary";
import type { InventoryCommand, InventoryLine } from "./command.ts";
import type { Entry } from "./entry.ts";
import { availableOf, type Item } from "./item.ts";
import type { AppliedLine, Outcome } from "./outcome.ts";
import { partitionOf } from "./partition.ts";
import { formatParts } from "./parts.ts";
import type { Rejection } from "./rejection.ts";
import type { Draft } from "./state.ts";

/** A line with its item before and after it. */
interface Step {
  readonly line: InventoryLine;
  readonly index: number;
  readonly partition: number;
  readonly sku: string;
  readonly before: Item | null;
  readonly after: Item;
  /** True when the entry may leave available below zero. */
  readonly allowsNegative: boolean;
}

export function decideInventory(draft: Draft, command: InventoryCommand, nowMs: number): Outcome {
  const steps = command.lines.length === 1 ? planOne(draft, command.lines[0]!, nowMs) : planMany(draft, command, nowMs);
  return isRejection(steps)
    ? { kind: "rejected", rejection: steps }
    : { kind: "lines", lines: apply(draft, command, steps, nowMs) };
}

const isRejection = (value: Step[] | Rejection): value is Rejection => !Array.isArray(value);

function planOne(draft: Draft, line: InventoryLine, nowMs: number): Step[] | Rejection {
  const step = plan(draft, line, 0, nowMs, null);
  if ("code" in step) return step;
  return belowZero(step, step.before, step.after) ?? [step];
}

/**
 * Plans the lines of an atomic command. Changes of one item are summed before they are checked: only where they end
 * counts. To keep every entry on the way there valid too, an item's raising lines are recorded before its lowering ones.
 */
function planMany(draft: Draft, command: InventoryCommand, nowMs: number): Step[] | Rejection {
  const order = command.lines
    .map((line, index) => ({ line, index }))
    .sort((a, b) => loweringRank(a.line) - loweringRank(b.line) || a.index - b.index);
  const ends = new Map<string, { first: Step; last: Step }>();
  const steps: Step[] = [];
  const nextSequences = new Map<number, number>();
  for (const { line, index } of order) {
    const key = `${line.productId}\n${line.locationId}`;
    const end = ends.get(key);
    if (end !== undefined && (line.change.adjustment === undefined || end.last.line.change.adjustment === undefined)) {
      return {
        code: "validation_failed",
        line: index,
        detail: "In an atomic request several lines for one item must all be adjustments; send one line for it.",
      };
    }
    const partition = partitionOf(line.productId, draft.partitionCount);
    const sequence = nextSequences.get(partition) ?? draft.nextSequence(partition);
    const step = plan(draft, line, index, nowMs, end?.last ?? null, sequence);
    if ("code" in step) return step;
    nextSequences.set(partition, sequence + 1);
    ends.set(key, { first: end?.first ?? step, last: step });
    steps.push(step);
  }
  for (const { first, last } of ends.values()) {
    const rejection = belowZero(last, first.before, last.after);
    if (rejection !== null) return rejection;
  }
  return steps;
}

const loweringRank = (line: InventoryLine): number => ((line.change.adjustment ?? 0) < 0 ? 1 : 0);

/** Checks one line in the order of precedence, and works out the item after it. */
function plan(
  draft: Draft,
  line: InventoryLine,
  index: number,
  nowMs: number,
  earlier: Step | null,
  sequence?: number,
): Step | Rejection {
  const partition = partitionOf(line.productId, draft.partitionCount);
  const subject = findSubject(draft, line, index, partition);
  if ("code" in subject) return subject;
  const stored = earlier?.after ?? draft.item(partition, line.productId, line.locationId);
  const before = stored;
  const existing = stored !== null && stored.life !== "deleted" ? stored : null;
  const unusable =
    checkItem(line, index, existing) ?? checkGuard(line, index, earlier === null ? existing : (earlier.before ?? null));
  if (unusable !== null) return unusable;
  const after = changed(draft, line, before, partition, nowMs, sequence ?? draft.nextSequence(partition));
  const refused = checkTime(line, index, nowMs) ?? checkRange(line, index, before, after);
  if (refused !== null) return refused;
  const isFact = line.change.countedAtMs !== undefined;
  return { line, index, partition, sku: subject.sku, before, after, allowsNegative: line.allowNegative || isFact };
}

function findSubject(draft: Draft, line: InventoryLine, index: number, partition: number): { sku: string } | Rejection {
  const product = draft.product(partition, line.productId);
  const known =
    product !== null && product.life !== "deleted" && (line.sku === null || product.document.sku === line.sku);
  if (!known) {
    const name = line.sku === null ? `product ${line.productId}` : `SKU ${line.sku}`;
    return {
      code: "not_found",
      line: index,
      pointer: line.sku === null ? "/productId" : "/sku",
      detail: `There is no ${name}. Create it with POST /v1/products first.`,
    };
  }
  const location = draft.location(line.locationId);
  if (location === null || location.life === "deleted") {
    return {
      code: "not_found",
      line: index,
      pointer: "/locationId",
      detail: `There is no location ${line.locationId}. Create it with POST /v1/locations first.`,
    };
  }
  if (product.life === "archived") return archived(index, `Product ${line.productId}`);
  if (location.life === "archived") return archived(index, `Location ${line.locationId}`);
  return { sku: product.document.sku };
}

function archived(index: number, subject: string): Rejection {
  return {
    code: "archived",
    line: index,
    detail: `${subject} is archived and takes no changes. Restore it with PUT or PATCH { "status": "active" } first.`,
  };
}

function checkItem(line: InventoryLine, index: number, existing: Item | null): Rejection | null {
  if (existing === null && line.mustExist) {
    return {
      code: "not_found",
      line: index,
      detail: "There is no such inventory item. It may have been deleted; create it with POST /v1/inventory.",
    };
  }
  if (existing?.life === "archived" && line.change.retire === undefined) return archived(index, "The inventory item");
  if (line.change.retire === "delete" && existing !== null && holdsAnything(existing)) {
    return {
      code: "in_use",
      line: index,
      detail:
        "The item still holds stock, reservations or incoming units. Bring them to zero, or archive it with ?archive=true.",
    };
  }
  return null;
}

const holdsAnything = (item: Item): boolean =>
  item.onHand !== 0 || item.reserved !== 0 || item.unavailable !== 0 || item.incoming !== 0;

/** Absolute levels need a guard; given guards must hold. */
function checkGuard(line: InventoryLine, index: number, current: Item | null): Rejection | null {
  const { change, guard } = line;
  const currentVersion = current?.version ?? 0;
  const isAbsolute =
    change.stockLevel !== undefined || change.unavailableStock !== undefined || change.incomingStock !== undefined;
  if (isAbsolute && guard === null && change.countedAtMs === undefined) {
    return {
      code: "precondition_required",
      line: index,
      currentVersion,
      available: current?.onHand ?? 0,
      detail: "Setting an absolute level needs a guard, so that a sale in between is not lost.",
    };
  }
  if (guard === null) return null;
  const stale =
    (guard.version !== undefined && guard.version !== currentVersion) ||
    (guard.stockLevel !== undefined && guard.stockLevel !== null && guard.stockLevel !== (current?.onHand ?? 0)) ||
    (guard.lastUpdatedMs !== undefined && guard.lastUpdatedMs !== (current?.updatedAtMs ?? 0));
  if (!stale) return null;
  const seen =
    current === null
      ? "it does not exist yet (version 0)"
      : `it is at version ${currentVersion} with stockLevel ${current.onHand}`;
  return {
    code: "version_conflict",
    line: index,
    currentVersion,
    byIfMatch: guard.byIfMatch === true,
    detail: `The item has changed: ${seen}. Read it again and repeat the change.`,
  };
}

function changed(
  draft: Draft,
  line: InventoryLine,
  before: Item | null,
  partition: number,
  nowMs: number,
  sequence: number,
): Item {
  const { change } = line;
  const base = before ?? newItem(line, partition, sequence);
  const recordedAtMs = Math.max(nowMs, draft.head(partition).recordedAtMs);
  return {
    ...base,
    onHand: newOnHand(draft, line, before),
    unavailable: change.unavailableStock ?? base.unavailable,
    incoming: change.incomingStock ?? base.incoming,
    safetyStock: change.safetyStock ?? base.safetyStock,
    reorderPoint: change.reorderPoint === undefined ? base.reorderPoint : change.reorderPoint,
    version: base.version + 1,
    lastSequence: sequence,
    updatedAtMs: recordedAtMs,
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

function checkTime(line: InventoryLine, index: number, nowMs: number): Rejection | null {
  const latestMs = nowMs + futureToleranceMs;
  const counted = (line.change.countedAtMs ?? nowMs) > latestMs;
  if (!counted && (line.occurredAtMs ?? nowMs) <= latestMs) return null;
  const pointer = counted ? "/countedAt" : "/timestamp";
  return {
    code: "validation_failed",
    line: index,
    pointer,
    detail: "The time lies more than 5 minutes ahead of the database's clock. Check the sender's clock.",
  };
}

function checkRange(line: InventoryLine, index: number, before: Item | null, after: Item): Rejection | null {
  const moved = after.onHand - (before?.onHand ?? 0);
  const inRange = [after.onHand, availableOf(after), moved].every((value) => Math.abs(value) <= quantityMax);
  if (inRange) return null;
  const pointer = line.change.adjustment === undefined ? "/stockLevel" : "/adjustment";
  return {
    code: "validation_failed",
    line: index,
    pointer,
    detail: `The level would leave the range of ±${quantityMax}. Check the quantity.`,
  };
}

/** A request may raise available at any time, but never take it below zero. */
function belowZero(step: Step, before: Item | null, after: Item): Rejection | null {
  const availableBefore = before === null ? 0 : availableOf(before);
  const availableAfter = availableOf(after);
  if (step.allowsNegative || availableAfter >= 0 || availableAfter >= availableBefore) return null;
  const requested = availableBefore - availableAfter;
  return {
    code: "insufficient_stock",
    line: step.index,
    available: Math.max(0, availableBefore),
    requested,
    detail: `${requested} asked for, ${Math.max(0, availableBefore)} available. Nothing was changed; take at most what is available.`,
  };
}

function apply(draft: Draft, command: InventoryCommand, steps: readonly Step[], nowMs: number): AppliedLine[] {
  const parts =
    steps.length === 1
      ? null
      : formatParts(steps.map((step) => ({ partition: step.partition, sequence: step.after.lastSequence })));
  const applied: AppliedLine[] = new Array(steps.length);
  for (const step of steps) {
    draft.append(toEntry(draft, command, step, parts, nowMs));
    draft.putItem(step.after);
    applied[step.index] = { item: step.after, sku: step.sku, sequence: step.after.lastSequence };
  }
  return applied;
}

function toEntry(draft: Draft, command: InventoryCommand, step: Step, parts: string | null, nowMs: number): Entry {
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
