/** Why a line of an inventory command may be refused. */
import { futureToleranceMs, quantityMax, type UnsellableState } from "@onhand/protocol/vocabulary";
import type { InventoryLine } from "../command.ts";
import { hidesDue } from "../orders/expiry.ts";
import { partitionOf } from "../record/partition.ts";
import type { Rejection } from "../rejection.ts";
import type { Draft } from "../state.ts";
import { isCount, type Step } from "./inventory-step.ts";
import { availableOf, type Item } from "./item.ts";
import { unitsIn, unitsInStates } from "./item-extras.ts";

/** What distinguishes the item that a line concerns. */
export const keyOf = (line: InventoryLine): string => `${line.productId}\n${line.locationId}`;

/** In an atomic request several lines for one item must all be adjustments. */
export function checkMixed(lines: readonly InventoryLine[]): Rejection | null {
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
export interface Subject {
  readonly sku: string;
  readonly partition: number;
  /** The item as recorded, deleted or not. */
  readonly stored: Item | null;
}

/** Checks one line for itself, in the order of precedence. */
export function checkLine(draft: Draft, line: InventoryLine, index: number, nowMs: number): Subject | Rejection {
  const partition = partitionOf(line.productId, draft.partitionCount);
  const stored = draft.item(partition, line.productId, line.locationId);
  const existing = stored !== null && stored.life !== "deleted" ? stored : null;
  const subject = findSubject(draft, line, index, partition, existing);
  if ("code" in subject) return subject;
  const refused = checkGuard(line, index, existing) ?? checkTime(line, index, nowMs) ?? checkMove(line, index);
  return refused ?? { sku: subject.sku, partition, stored };
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
      // The product was found by its SKU and has it no longer: another one may have it now.
      ...(line.isFoundBySku === true && product !== null ? { isStale: true } : {}),
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
    detail: `${subject} is archived and takes no changes. Restore it with PATCH { "status": "active" } first.`,
  };
}

/** An item that holds anything cannot be deleted. */
export function checkRetirement({ line, index, before }: Step): Rejection | null {
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
  const isAbsolute = change.stockLevel !== undefined || change.unavailableStock !== undefined;
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

/** Units move from one state to another one. */
function checkMove({ change: { move } }: InventoryLine, index: number): Rejection | null {
  if (move === undefined) return null;
  const isWhole = Number.isSafeInteger(move.quantity) && move.quantity > 0;
  if (isWhole && move.from !== move.to) return null;
  return {
    code: "validation_failed",
    line: index,
    pointer: isWhole ? "/move/to" : "/move/quantity",
    detail: isWhole
      ? "The units are to move to the state that they come from. Name two states, or sellable."
      : "A move takes a whole number of units above zero. Correct the quantity.",
  };
}

/** Levels and movements stay within what can be held exactly, and unavailable units are those in named states at least. */
export function checkRange({ line, index, before, after, contained }: Step): Rejection | null {
  if (Number.isNaN(after.onHand) || (contained !== null && !Number.isSafeInteger(contained.onHand))) {
    const detail =
      "What has moved at the item since countedAt is too much to be added up. Count again, and send the new time; of many counts in one atomic request send fewer.";
    return { code: "validation_failed", line: index, pointer: "/countedAt", detail };
  }
  const moved = after.onHand - (before?.onHand ?? 0);
  const inRange = isExact(after.onHand) && isAvailableExact(after) && isExact(moved) && isExact(after.unavailable);
  if (inRange) return checkUnavailable(line, index, after);
  const pointer = line.change.adjustment === undefined ? "/stockLevel" : "/adjustment";
  return {
    code: "validation_failed",
    line: index,
    pointer,
    detail: `The level would leave the range of ±${quantityMax}. Check the quantity.`,
  };
}

const isExact = (value: number): boolean => Math.abs(value) <= quantityMax;

/** On the way to a number at the edge there may be one beyond it, which is rounded: there it is added up exactly. */
const isAvailableExact = (item: Item): boolean =>
  Math.abs(availableOf(item)) < quantityMax / 2 || isExact(Number(exactAvailable(item)));

const exactAvailable = (item: Item | null): bigint =>
  item === null ? 0n : BigInt(item.onHand) - BigInt(item.reserved) - BigInt(item.unavailable);

function checkUnavailable(line: InventoryLine, index: number, after: Item): Rejection | null {
  const { unavailableStock } = line.change;
  if (unavailableStock === undefined) return null;
  const named = unitsInStates(after.extras);
  if (unavailableStock >= named) return null;
  return {
    code: "validation_failed",
    line: index,
    pointer: "/unavailableStock",
    detail: `${named} units are in named states, so unavailableStock cannot be less. Move units out of their states first.`,
  };
}

/** Units leave a state only while there are so many in it. @param stored the item before the whole request */
export function checkState({ line, index, after }: Step, stored: Item | null): Rejection | null {
  const { adjustment = 0, state, move } = line.change;
  if (state !== undefined && unitsIn(after.extras, state) < 0) return short(index, state, -adjustment, stored);
  const from = move?.from ?? null;
  return from !== null && unitsIn(after.extras, from) < 0 ? short(index, from, move!.quantity, stored) : null;
}

function short(index: number, state: UnsellableState, requested: number, stored: Item | null): Rejection {
  const available = stored === null || stored.life === "deleted" ? 0 : unitsIn(stored.extras, state);
  return {
    code: "insufficient_stock",
    line: index,
    available,
    requested,
    detail: `${requested} asked for, ${available} in state ${state}. Nothing was changed; take at most what is in that state.`,
  };
}

/** A request may raise available at any time, but never take it below zero. */
export function dipsBelowZero({ allowsNegative, before, after }: Step): boolean {
  const availableBefore = before === null ? 0 : availableOf(before);
  return !allowsNegative && availableOf(after) < 0 && availableOf(after) < availableBefore;
}

/** @param before and `after`: the item around the whole request, whose lines for it are added up */
export function insufficient(draft: Draft, step: Step, before: Item | null, after: Item): Rejection {
  const available = before === null ? 0 : Math.max(0, availableOf(before));
  const net = Number(exactAvailable(before) - exactAvailable(after));
  // Lines that raise an oversold item on the whole, but lower it in one of them: that one is what was asked for.
  const requested = net > 0 ? net : -(step.line.change.adjustment ?? 0);
  const { productId, locationId } = step.line;
  return {
    code: "insufficient_stock",
    line: step.index,
    available,
    requested,
    // Holds that are over may still count.
    ...(hidesDue(draft, { partition: step.partition, productId, locationId }) ? { isStale: true } : {}),
    detail: `${requested} asked for, ${available} available. Nothing was changed; take at most what is available.`,
  };
}
