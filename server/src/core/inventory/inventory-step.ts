/** A line of an inventory command with its item before and after it, and the entry that records it. */
import { type EntryKind, entryKinds, type MovementType, movementTypes } from "@onhand/protocol/vocabulary";
import type { InventoryCommand, InventoryLine, ItemChange, SourceReport } from "../command.ts";
import type { Entry } from "../record/entry.ts";
import { type Contained, type EntryDetail, formatDetail, type Reported } from "../record/entry-detail.ts";
import type { Draft } from "../state.ts";
import { contain, containCount, extrasOfCount } from "./containment.ts";
import { type Item, type ItemExtras, noExtras, type Stated } from "./item.ts";
import { extrasWith, withUnits } from "./item-extras.ts";
import { newItem } from "./movement.ts";
import { reportedOf, ruleAgainst, ruleOfLevel, statedAfter } from "./source-report.ts";

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
  /** What a count contains of it, so that it moved nothing on hand. */
  readonly contained: Contained | null;
  /** Why somebody should look at it. */
  readonly review: string | null;
  /** What a source says, and the rule that decided about it. */
  readonly reported: Reported | null;
}

/** A count says how many there were, and when: one without the other is none. */
export const isCount = (change: ItemChange): boolean =>
  change.stockLevel !== undefined && change.countedAtMs !== undefined;

/** What a line makes of its item; written out field by field, for it is made for every change. */
export function stepOf(
  draft: Draft,
  line: InventoryLine,
  index: number,
  subject: { readonly sku: string; readonly partition: number },
  before: Item | null,
  nowMs: number,
  sequence: number,
): Step {
  const { change } = line;
  const { partition, sku } = subject;
  const base = before ?? newItem({ partition, productId: line.productId, locationId: line.locationId }, sequence);
  // A deleted item that comes back keeps its number and goes on counting versions, but not its settings.
  const isRevived = base.life === "deleted";
  const kept = isRevived ? noExtras : base.extras;
  const safetyStock = change.safetyStock ?? (isRevived ? 0 : base.safetyStock);
  const reorderPoint = change.reorderPoint === undefined ? (isRevived ? null : base.reorderPoint) : change.reorderPoint;
  const moved =
    line.report === undefined
      ? movedOnHand(draft, line, before, base)
      : movedByReport(draft, line, line.report, before, base, kept);
  const isPlain = typeof moved === "number";
  // + 0 turns a negative zero into zero.
  const after: Item = {
    partition,
    productId: base.productId,
    locationId: base.locationId,
    itemNumber: base.itemNumber,
    onHand: base.onHand + (isPlain ? moved : moved.onHand) + 0,
    reserved: base.reserved,
    unavailable: (change.unavailableStock ?? base.unavailable) + unavailableMoved(change) + 0,
    incoming: base.incoming,
    safetyStock: safetyStock + 0,
    reorderPoint: reorderPoint === null ? null : reorderPoint + 0,
    version: base.version + 1,
    lastSequence: sequence,
    updatedAtMs: Math.max(nowMs, draft.head(partition).recordedAtMs),
    life: change.retire === "archive" ? "archived" : change.retire === "delete" ? "deleted" : "active",
    extras: extrasAfter(kept, line, reorderPoint, isPlain ? null : moved),
  };
  return {
    line,
    index,
    partition,
    sku,
    before,
    after,
    // What is contained takes nothing. That it is damaged is a fact, whoever was promised what was counted.
    allowsNegative:
      line.allowNegative ||
      isCount(change) ||
      (!isPlain && moved.contained !== null && after.unavailable > base.unavailable),
    contained: isPlain ? null : moved.contained,
    review: isPlain ? null : moved.review,
    reported: isPlain ? null : (moved.reported ?? null),
  };
}

interface Moved {
  readonly onHand: number;
  readonly contained: Contained | null;
  readonly review: string | null;
  /** It is the last count from now on. */
  readonly isLast: boolean;
  /** What a source says; absent for callers who speak for themselves. */
  readonly reported?: Reported;
  /** What sources stated of the item from now on. */
  readonly stated?: Stated | undefined;
}

/** @returns units that move on hand: the number alone where no count has a say in it, which is what most lines are */
function movedOnHand(draft: Draft, line: InventoryLine, before: Item | null, base: Item): number | Moved {
  const { change, clock } = line;
  const { stockLevel, countedAtMs, adjustment = 0 } = change;
  if (stockLevel === undefined) {
    if (line.occurredAtMs === null || base.extras === noExtras) return adjustment;
    const { onHand, contained = null, review = null } = contain(base, adjustment, line.occurredAtMs, clock);
    return { onHand, contained, review, isLast: false };
  }
  if (countedAtMs === undefined) return stockLevel - base.onHand;
  const since = {
    movedSince: (momentMs: number) => (before === null ? 0 : draft.movedSince(before, momentMs)),
    countedSince: (momentMs: number) => (before === null ? null : draft.countedSince(before, momentMs)),
  };
  const { onHand, contained = null, review = null, isLast } = containCount(base, stockLevel, countedAtMs, clock, since);
  return { onHand, contained, review, isLast };
}

/**
 * What a source's line moves. Other changes than levels are added, whatever else they are.
 * @param kept the extras before, none of a deleted item
 */
function movedByReport(
  draft: Draft,
  line: InventoryLine,
  report: SourceReport,
  before: Item | null,
  base: Item,
  kept: ItemExtras,
): Moved {
  const { stockLevel, countedAtMs } = line.change;
  const { stated } = kept;
  const isLevel = stockLevel !== undefined;
  if (isLevel && countedAtMs === undefined) throw new Error("a level that a source states needs its moment");
  const against = isLevel ? ruleAgainst(stated, report, countedAtMs!) : null;
  const moved: Moved | number = against === null ? movedOnHand(draft, line, before, base) : 0;
  const whole = typeof moved === "number" ? { onHand: moved, contained: null, review: null, isLast: false } : moved;
  const rule = against ?? (isLevel ? ruleOfLevel(whole.contained) : "change_added");
  const reported = reportedOf(report, rule, stockLevel);
  return { ...whole, reported, stated: isLevel ? statedAfter(stated, report, rule, countedAtMs!) : stated };
}

/** Units that become unavailable, less those that become sellable. A count contains units on hand, not their states. */
function unavailableMoved({ adjustment, state, move }: ItemChange): number {
  const ofState = state === undefined ? 0 : (adjustment ?? 0);
  if (move === undefined) return ofState;
  return ofState + (move.to === null ? 0 : move.quantity) - (move.from === null ? 0 : move.quantity);
}

/** @param kept the extras before, none of a deleted item */
function extrasAfter(
  kept: ItemExtras,
  line: InventoryLine,
  reorderPoint: number | null,
  moved: Moved | null,
): ItemExtras {
  const { adjustment, state, move, maximum, hysteresis, countedAtMs, retire } = line.change;
  if (retire === "delete") return noExtras;
  let extras = kept;
  if (state !== undefined) extras = withUnits(extras, state, adjustment ?? 0);
  if (move !== undefined && move.from !== null) extras = withUnits(extras, move.from, -move.quantity);
  if (move !== undefined && move.to !== null) extras = withUnits(extras, move.to, move.quantity);
  if (maximum !== undefined) extras = extrasWith(extras, { maximum: maximum === null ? null : maximum + 0 });
  if (hysteresis !== undefined) {
    extras = extrasWith(extras, { hysteresis: hysteresis === null ? null : hysteresis + 0 });
  }
  if (moved !== null) {
    if (moved.isLast) extras = extrasWith(extras, extrasOfCount(kept, countedAtMs!, line.clock));
    if (moved.stated !== undefined && moved.stated !== kept.stated)
      extras = extrasWith(extras, { stated: moved.stated });
  }
  // Nobody watches it any longer: what was told is over.
  if (reorderPoint === null && extras.alert !== "none") extras = extrasWith(extras, { alert: "none" });
  return extras;
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
      incoming: 0,
    },
    after,
    safetyStock: after.safetyStock,
    reorderPoint: after.reorderPoint,
    movementType: movementTypes.indexOf(movementTypeOf(line)),
    allowsNegative: step.allowsNegative,
    occurredAtMs: occurredAtMs(line) ?? recordedAtMs,
    recordedAtMs,
    actor: command.actor,
    source: command.source,
    requestId: command.requestId,
    traceparent: command.traceparent,
    parts,
    textCommitment: line.text?.commitment ?? null,
    detail: detailOf(step),
  };
}

function kindOf({ change }: InventoryLine): EntryKind {
  if (change.retire === "archive") return entryKinds.inventoryArchived;
  if (change.retire === "delete") return entryKinds.inventoryDeleted;
  if (change.adjustment !== undefined) return entryKinds.inventoryAdjusted;
  if (change.move !== undefined) return entryKinds.inventoryMoved;
  return change.stockLevel !== undefined ? entryKinds.inventorySet : entryKinds.inventoryConfigured;
}

function movementTypeOf({ change, movementType }: InventoryLine): MovementType {
  if (isCount(change)) return "count";
  return change.move !== undefined && change.adjustment === undefined ? "state" : movementType;
}

/** A count occurred when it was counted, whatever else its caller says: what is later lies on top of it. */
const occurredAtMs = ({ change, occurredAtMs: said }: InventoryLine): number | null =>
  (isCount(change) ? change.countedAtMs : (said ?? change.countedAtMs)) ?? null;

/** The kind of the entry tells the item's life. */
function detailOf({ line, after, contained, review, reported }: Step): string | null {
  const { move } = line.change;
  const saysNothing = contained === null && review === null && move === undefined && reported === null;
  if (after.extras === noExtras && saysNothing) return null;
  const detail: EntryDetail = {
    extras: after.extras,
    ...(move === undefined ? {} : { moved: move }),
    ...(contained === null ? {} : { contained }),
    ...(review === null ? {} : { review }),
    ...(reported === null ? {} : { reported }),
  };
  return formatDetail(detail);
}
