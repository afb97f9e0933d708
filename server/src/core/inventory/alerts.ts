/**
 * Thresholds: tells when available crosses them, from what a command did to its items.
 *
 * Items with a reorder point are watched. How far down one was last told to be is kept in its extras (`alert`), and
 * changes only in the entry that tells it; so each crossing is told exactly once, by whomever it is decided. Getting worse
 * is told at once, getting better only when available has risen above the threshold by the hysteresis.
 *
 * Available below zero is told each time that a command takes it further down, watched or not.
 */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { CommandOrigin } from "../command.ts";
import type { Outcome } from "../outcome.ts";
import type { Draft } from "../state.ts";
import { type AlertLevel, availableOf, type Item } from "./item.ts";
import { extrasWith } from "./item-extras.ts";
import { giveNotice } from "./notice.ts";

const depths: readonly AlertLevel[] = ["none", "low", "out"];

/**
 * Tells what the command under way crossed; at most two notices for each item that it changed.
 * @returns whether an item stands at another alert than the command left it at
 */
export function raiseAlerts(draft: Draft, cause: CommandOrigin, nowMs: number): boolean {
  let isTold = false;
  let isCrossed = false;
  for (const { before, after } of draft.takeTouched()) {
    const available = availableOf(after);
    if (after.reorderPoint === null && available >= 0) continue;
    if (after.life === "deleted") continue;
    const crossed = tellCrossing(draft, cause, after, available, nowMs);
    const oversold = tellOversold(draft, cause, before, after, crossed ?? after, nowMs);
    isTold ||= crossed !== null || oversold;
    isCrossed ||= crossed !== null;
  }
  // Notices are no changes to be told of.
  if (isTold) draft.takeTouched();
  return isCrossed;
}

/** @returns the outcome of the command as readers find its items: a notice changes the alert and keeps the version */
export function withAlerts(draft: Draft, outcome: Outcome): Outcome {
  const alerted = (item: Item): Item => {
    const now = draft.item(item.partition, item.productId, item.locationId);
    return now === null || now.version !== item.version ? item : { ...item, extras: now.extras };
  };
  if (outcome.kind === "lines")
    return { ...outcome, lines: outcome.lines.map((line) => ({ ...line, item: alerted(line.item) })) };
  return outcome.kind === "order" ? { ...outcome, items: outcome.items.map(alerted) } : outcome;
}

/**
 * @param told how far down it was last told to be
 * @returns how far down available is, with what it takes to count as risen
 */
export function alertLevel(
  available: number,
  reorderPoint: number,
  hysteresis: number | null,
  told: AlertLevel,
): AlertLevel {
  const isFallen = (level: AlertLevel): boolean => depths.indexOf(level) > depths.indexOf(told);
  const now: AlertLevel = available <= 0 ? "out" : available <= reorderPoint ? "low" : "none";
  if (now === told || isFallen(now)) return now;
  if (available > reorderPoint + lowHysteresis(reorderPoint, hysteresis)) return "none";
  return told === "out" && available > (hysteresis ?? 0) ? "low" : told;
}

/** A tenth of the reorder point, unless it was set. */
const lowHysteresis = (reorderPoint: number, hysteresis: number | null): number =>
  hysteresis ?? Math.ceil(reorderPoint / 10);

/** @returns the item after the notice, or null when nothing was crossed */
function tellCrossing(draft: Draft, cause: CommandOrigin, item: Item, available: number, nowMs: number): Item | null {
  const { reorderPoint, extras } = item;
  if (reorderPoint === null || item.life !== "active") return null;
  const from = extras.alert;
  const to = alertLevel(available, reorderPoint, extras.hysteresis, from);
  if (to === from) return null;
  const isWorse = depths.indexOf(to) > depths.indexOf(from);
  const kind = !isWorse ? entryKinds.inventoryBack : to === "out" ? entryKinds.inventoryOut : entryKinds.inventoryLow;
  const notice = {
    reason: reasonOf(from, to, available, reorderPoint, extras.hysteresis),
    about: item.lastSequence,
    from,
    to,
    available,
    reorderPoint,
    hysteresis: lowHysteresis(reorderPoint, extras.hysteresis),
  };
  return giveNotice(draft, cause, { ...item, extras: extrasWith(extras, { alert: to }) }, kind, notice, nowMs);
}

function reasonOf(
  from: AlertLevel,
  to: AlertLevel,
  available: number,
  reorderPoint: number,
  hysteresis: number | null,
): string {
  if (to === "out") return `Nothing is available: ${available}.`;
  if (from === "none") return `${available} available, at or below the reorder point ${reorderPoint}.`;
  if (to === "low")
    return `${available} available again, still at or below the reorder point ${reorderPoint} and its margin.`;
  const margin = lowHysteresis(reorderPoint, hysteresis);
  return `${available} available again, above the reorder point ${reorderPoint} by more than ${margin}.`;
}

/** @param last the item after what was told of it before */
function tellOversold(
  draft: Draft,
  cause: CommandOrigin,
  before: Item | null,
  after: Item,
  last: Item,
  nowMs: number,
): boolean {
  const available = availableOf(after);
  const availableBefore = before === null ? 0 : availableOf(before);
  if (available >= 0 || available >= availableBefore) return false;
  const units = Math.min(0, availableBefore) - available;
  const notice = {
    reason: `${units} more units are promised or gone than there were; available is ${available}.`,
    about: after.lastSequence,
    units,
    available,
    availableBefore,
  };
  giveNotice(draft, cause, last, entryKinds.inventoryOversold, notice, nowMs);
  return true;
}
