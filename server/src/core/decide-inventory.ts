/** Decides changes of stock. All lines of a command are applied, or none. */
import {
  type EntryKind,
  entryKinds,
  futureToleranceMs,
  movementTypes,
  quantityMax,
  rejectionCodes,
} from "@onhand/protocol/vocabulary";
import type { InventoryCommand, InventoryLine, ItemChange } from "./command.ts";
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

/** Decides one inventory command; a refusal leaves the draft as it was. */
export function decideInventory(draft: Draft, command: InventoryCommand, nowMs: number): Outcome {
  const steps = command.lines.length === 1 ? planOne(draft, command.lines[0]!, nowMs) : planMany(draft, command, nowMs);
  return isRejection(steps)
    ? { kind: "rejected", rejection: steps }
    : { kind: "lines", lines: apply(draft, command, steps, nowMs) };
}

const isRejection = (value: Step[] | Rejection): value is Rejection => !Array.isArray(value);

function planOne(draft: Draft, line: InventoryLine, nowMs: number): Step[] | Rejection {
  const subject = checkLine(draft, line, 0, nowMs);
  if ("code" in subject) return subject;
  const step = plan(draft, line, 0, nowMs, subject, draft.nextSequence(subject.partition), subject.stored);
  return (
    checkRange(step) ??
    checkRetirement(step) ??
    (dipsBelowZero(step) ? insufficient(step, step.before, step.after) : [step])
  );
}

/**
 * Plans the lines of an atomic command. First every line is checked for itself, in the caller's order, against the state before
 * the request. Then the changes of one item are added up: its raising lines are recorded before its lowering ones, so
 * that no entry on the way lies lower than where they end.
 */
function planMany(draft: Draft, command: InventoryCommand, nowMs: number): Step[] | Rejection {
  let refusal: Rejection | null = null;
  const subjects: Subject[] = [];
  for (const [index, line] of command.lines.entries()) {
    const subject = checkLine(draft, line, index, nowMs);
    if ("code" in subject) refusal = foremost(refusal, subject);
    else subjects[index] = subject;
  }
  refusal = foremost(refusal, checkMixed(command.lines));
  if (refusal !== null) return refusal;
  const order = [...command.lines.keys()].sort(
    (a, b) => loweringRank(command.lines[a]!) - loweringRank(command.lines[b]!) || a - b,
  );
  const ends = new Map<string, Step>();
  const steps: Step[] = [];
  const nextSequences = new Map<number, number>();
  for (const index of order) {
    const line = command.lines[index]!;
    const subject = subjects[index]!;
    const { partition, stored } = subject;
    const sequence = nextSequences.get(partition) ?? draft.nextSequence(partition);
    const step = plan(draft, line, index, nowMs, subject, sequence, ends.get(keyOf(line))?.after ?? stored);
    const outOfRange = checkRange(step);
    if (outOfRange !== null) return outOfRange;
    nextSequences.set(partition, sequence + 1);
    ends.set(keyOf(line), step);
    steps.push(step);
  }
  let inUse: Rejection | null = null;
  for (const step of steps) {
    const found = checkRetirement(step);
    if (found !== null && (inUse === null || found.line < inUse.line)) inUse = found;
  }
  if (inUse !== null) return inUse;
  const dip = steps.find(dipsBelowZero);
  return dip === undefined ? steps : insufficient(dip, subjects[dip.index]!.stored, ends.get(keyOf(dip.line))!.after);
}

/** A count says how many there were, and when: one without the other is none. */
const isCount = (change: ItemChange): boolean => change.stockLevel !== undefined && change.countedAtMs !== undefined;
const keyOf = (line: InventoryLine): string => `${line.productId}\n${line.locationId}`;
const loweringRank = (line: InventoryLine): number => ((line.change.adjustment ?? 0) < 0 ? 1 : 0);

/** The refusal whose code comes first in the order of precedence; of two with the same code, the earlier one. */
function foremost(a: Rejection | null, b: Rejection | null): Rejection | null {
  if (a === null || b === null) return a ?? b;
  return rejectionCodes.indexOf(b.code) < rejectionCodes.indexOf(a.code) ? b : a;
}

function checkMixed(lines: readonly InventoryLine[]): Rejection | null {
  const first = new Map<string, InventoryLine>();
  for (const [index, line] of lines.entries()) {
    const other = first.get(keyOf(line));
    if (other === undefined) first.set(keyOf(line), line);
    else if (line.change.adjustment === undefined || other.change.adjustment === undefined) {
      return {
        code: "validation_failed",
        line: index,
        detail: "In an atomic request several lines for one item must all be adjustments; send one line for it.",
      };
    }
  }
  return null;
}

/** What a line is about, as it was before the request. */
interface Subject {
  readonly sku: string;
  readonly partition: number;
  /** The item as recorded, deleted or not. */
  readonly stored: Item | null;
}

/** Checks one line for itself, in the order of precedence. */
function checkLine(draft: Draft, line: InventoryLine, index: number, nowMs: number): Subject | Rejection {
  const partition = partitionOf(line.productId, draft.partitionCount);
  const stored = draft.item(partition, line.productId, line.locationId);
  const existing = stored !== null && stored.life !== "deleted" ? stored : null;
  const subject = findSubject(draft, line, index, partition, existing);
  if ("code" in subject) return subject;
  const refused = checkGuard(line, index, existing) ?? checkTime(line, index, nowMs);
  return refused ?? { sku: subject.sku, partition, stored };
}

function plan(
  draft: Draft,
  line: InventoryLine,
  index: number,
  nowMs: number,
  subject: Subject,
  sequence: number,
  before: Item | null,
): Step {
  const { partition, sku } = subject;
  const after = changed(draft, line, before, partition, nowMs, sequence);
  const allowsNegative = line.allowNegative || isCount(line.change);
  return { line, index, partition, sku, before, after, allowsNegative };
}

function findSubject(
  draft: Draft,
  line: InventoryLine,
  index: number,
  partition: number,
  existing: Item | null,
): { sku: string } | Rejection {
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
  if (existing === null && line.mustExist) {
    return {
      code: "not_found",
      line: index,
      detail: "There is no such inventory item. It may have been deleted; create it with POST /v1/inventory.",
    };
  }
  if (product.life === "archived") return archived(index, `Product ${line.productId}`);
  if (location.life === "archived") return archived(index, `Location ${line.locationId}`);
  if (existing?.life === "archived" && line.change.retire === undefined) return archived(index, "The inventory item");
  return { sku: product.document.sku };
}

function archived(index: number, subject: string): Rejection {
  return {
    code: "archived",
    line: index,
    detail: `${subject} is archived and takes no changes. Restore it with PUT or PATCH { "status": "active" } first.`,
  };
}

function checkRetirement({ line, index, before }: Step): Rejection | null {
  if (line.change.retire !== "delete" || before === null || !holdsAnything(before)) return null;
  return {
    code: "in_use",
    line: index,
    detail:
      "The item still holds stock, reservations or incoming units. Bring them to zero, or archive it with ?archive=true.",
  };
}

const holdsAnything = (item: Item): boolean =>
  item.onHand !== 0 || item.reserved !== 0 || item.unavailable !== 0 || item.incoming !== 0;

/** Absolute levels need a guard; given guards must hold. */
function checkGuard(line: InventoryLine, index: number, current: Item | null): Rejection | null {
  const { change, guard } = line;
  const currentVersion = current?.version ?? 0;
  const isAbsolute =
    change.stockLevel !== undefined || change.unavailableStock !== undefined || change.incomingStock !== undefined;
  const isGuarded =
    guard?.version !== undefined || guard?.stockLevel !== undefined || guard?.lastUpdatedMs !== undefined;
  if (isAbsolute && !isGuarded && !isCount(change)) {
    return {
      code: "precondition_required",
      line: index,
      currentVersion,
      available: current?.onHand ?? 0,
      detail: "Setting an absolute level needs a guard, so that a sale in between is not lost.",
    };
  }
  if (guard === null) return null;
  const versionStale = guard.version !== undefined && guard.version !== currentVersion;
  const stale =
    versionStale ||
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
    byIfMatch: versionStale && guard.byIfMatch === true,
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
  const fresh = newItem(line, partition, sequence);
  // A deleted item that comes back keeps its number and goes on counting versions, but not its settings.
  const base =
    before?.life === "deleted"
      ? { ...before, safetyStock: fresh.safetyStock, reorderPoint: fresh.reorderPoint }
      : (before ?? fresh);
  const recordedAtMs = Math.max(nowMs, draft.head(partition).recordedAtMs);
  return {
    ...base,
    // + 0 turns a negative zero into zero.
    onHand: newOnHand(draft, line, before) + 0,
    unavailable: (change.unavailableStock ?? base.unavailable) + 0,
    incoming: (change.incomingStock ?? base.incoming) + 0,
    safetyStock: (change.safetyStock ?? base.safetyStock) + 0,
    reorderPoint:
      change.reorderPoint === undefined
        ? base.reorderPoint
        : change.reorderPoint === null
          ? null
          : change.reorderPoint + 0,
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

function checkRange({ line, index, before, after }: Step): Rejection | null {
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
function dipsBelowZero({ allowsNegative, before, after }: Step): boolean {
  const availableBefore = before === null ? 0 : availableOf(before);
  return !allowsNegative && availableOf(after) < 0 && availableOf(after) < availableBefore;
}

/** @param before and `after`: the item around the whole request, whose lines for it are added up */
function insufficient(step: Step, before: Item | null, after: Item): Rejection {
  const availableBefore = before === null ? 0 : availableOf(before);
  const available = Math.max(0, availableBefore);
  const net = availableBefore - availableOf(after);
  // Lines that raise an oversold item on the whole, but lower it in one of them: that one is what was asked for.
  const requested = net > 0 ? net : -(step.line.change.adjustment ?? 0);
  return {
    code: "insufficient_stock",
    line: step.index,
    available,
    requested,
    detail: `${requested} asked for, ${available} available. Nothing was changed; take at most what is available.`,
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
