/** Reference model of inventory commands: every rule spelled out for itself, all of them asked every time. */
import {
  entryKinds,
  futureToleranceMs,
  type MovementType,
  movementTypes,
  quantityMax,
} from "@onhand/protocol/vocabulary";
import type { InventoryCommand, InventoryLine } from "../../src/core/command.ts";
import { partitionOf } from "../../src/core/record/partition.ts";
import { plainItem } from "./plain.ts";
import { type Counted, certainAfter, countOf, movementBesideCount } from "./reference-counts.ts";
import { itemDetail } from "./reference-movement.ts";
import { hidesDueAt } from "./reference-orders.ts";
import { type Ruled, ruledBy } from "./reference-reports.ts";
import { type Fault, foremost, type Verdict } from "./verdict.ts";
import {
  available,
  bareExtras,
  holdsAnything,
  lengthOf,
  type ModelExtras,
  type ModelItem,
  namedUnits,
  putItem,
  recordedAt,
  recordedItem,
  stateFields,
  visibleItem,
  visibleRecord,
  type World,
} from "./world.ts";

const max = BigInt(quantityMax);
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** A line with its item before and after it, in the order in which entries are recorded. */
interface Move extends Ruled {
  readonly line: InventoryLine;
  readonly index: number;
  readonly before: ModelItem | null;
  readonly after: ModelItem;
}

/** Executes the command in the world, which changes only when no line is at fault. */
export function executeInventory(world: World, command: InventoryCommand, nowMs: number): Verdict {
  const faults = command.lines.flatMap((line, index) => faultsOfLine(world, command, line, index, nowMs));
  const meaningless = faults.some((fault) => fault.code === "not_found");
  const moves = meaningless ? [] : movesOf(world, command, nowMs);
  const all = [...faults, ...faultsOfMoves(world, command, moves)];
  if (all.length > 0) return { kind: "rejected", faults: foremost(all) };
  return { kind: "lines", lines: record(world, command, moves) };
}

/** A count says how many there were, and when: one without the other is none. */
const isCount = ({ change }: InventoryLine): boolean =>
  change.stockLevel !== undefined && change.countedAtMs !== undefined;

const isSameItem = (a: InventoryLine, b: InventoryLine): boolean =>
  a.productId === b.productId && a.locationId === b.locationId;

function faultsOfLine(
  world: World,
  command: InventoryCommand,
  line: InventoryLine,
  index: number,
  nowMs: number,
): Fault[] {
  const faults: Fault[] = [];
  const product = visibleRecord(world.products, line.productId);
  const location = visibleRecord(world.locations, line.locationId);
  const item = visibleItem(world, line.productId, line.locationId);
  if (product === null || (line.sku !== null && product.document.sku !== line.sku)) {
    faults.push({ code: "not_found", line: index, pointer: line.sku === null ? "/productId" : "/sku" });
  }
  if (location === null) faults.push({ code: "not_found", line: index, pointer: "/locationId" });
  if (item === null && line.mustExist) faults.push({ code: "not_found", line: index });
  const frozen = item?.life === "archived" && line.change.retire === undefined;
  if (product?.life === "archived" || location?.life === "archived" || frozen) {
    faults.push({ code: "archived", line: index });
  }
  faults.push(...faultsOfGuard(line, index, item));
  const latestMs = nowMs + futureToleranceMs;
  if (line.occurredAtMs !== null && line.occurredAtMs > latestMs)
    faults.push({ code: "validation_failed", line: index });
  const { countedAtMs } = line.change;
  if (countedAtMs !== undefined && countedAtMs > latestMs) faults.push({ code: "validation_failed", line: index });
  const { move } = line.change;
  if (move !== undefined && (move.quantity < 1 || move.from === move.to)) {
    faults.push({ code: "validation_failed", line: index });
  }
  const siblings = command.lines.filter((other) => isSameItem(line, other));
  if (siblings.length > 1 && siblings.some((sibling) => sibling.change.adjustment === undefined)) {
    faults.push({ code: "validation_failed", line: index });
  }
  if (line.change.retire === "delete" && item !== null && holdsAnything(item)) {
    faults.push({ code: "in_use", line: index });
  }
  return faults;
}

/** Guards speak of the item as it was before the whole command; one that does not exist is at version 0 with nothing. */
function faultsOfGuard(line: InventoryLine, index: number, item: ModelItem | null): Fault[] {
  const { change, guard } = line;
  const currentVersion = item?.version ?? 0;
  const setsLevel = change.stockLevel !== undefined || change.unavailableStock !== undefined;
  const guarded =
    isCount(line) ||
    guard?.version !== undefined ||
    guard?.stockLevel !== undefined ||
    guard?.lastUpdatedMs !== undefined;
  if (setsLevel && !guarded) return [{ code: "precondition_required", line: index, currentVersion }];
  const versionStale = guard?.version !== undefined && guard.version !== currentVersion;
  const levelStale =
    guard?.stockLevel !== undefined &&
    guard.stockLevel !== null &&
    BigInt(guard.stockLevel) !== (item === null ? 0n : item.onHand);
  const timeStale = guard?.lastUpdatedMs !== undefined && guard.lastUpdatedMs !== (item?.updatedAtMs ?? 0);
  if (!versionStale && !levelStale && !timeStale) return [];
  return [
    { code: "version_conflict", line: index, currentVersion, byIfMatch: versionStale && guard.byIfMatch === true },
  ];
}

/** The lines in the order of their entries (lowering adjustments last), each with its item before and after. */
function movesOf(world: World, command: InventoryCommand, nowMs: number): Move[] {
  const indexed = command.lines.map((line, index) => ({ line, index }));
  const lowers = (line: InventoryLine) => line.change.adjustment !== undefined && line.change.adjustment < 0;
  const ordered = [...indexed.filter(({ line }) => !lowers(line)), ...indexed.filter(({ line }) => lowers(line))];
  const moves: Move[] = [];
  for (const { line, index } of ordered) {
    const partition = partitionOf(line.productId, world.partitionCount);
    const earlier = moves.findLast((move) => isSameItem(move.line, line));
    const before = earlier?.after ?? recordedItem(world, line.productId, line.locationId);
    const sequence = lengthOf(world, partition) + moves.filter((move) => move.after.partition === partition).length + 1;
    const extras = before === null || before.life === "deleted" ? bareExtras : before.extras;
    const ruled = ruledBy(line, extras, besideCounts(world, line, before));
    const after = itemAfter(world, line, before, ruled, partition, sequence, nowMs);
    moves.push({ line, index, before, after, ...ruled });
  }
  return moves;
}

/** What a line moves on hand. */
function besideCounts(world: World, line: InventoryLine, before: ModelItem | null): Counted {
  const { adjustment = 0, stockLevel, countedAtMs } = line.change;
  if (stockLevel === undefined) return movementBesideCount(before, BigInt(adjustment), line.occurredAtMs, line.clock);
  const level = BigInt(stockLevel);
  if (countedAtMs !== undefined) return countOf(world, line, before, level, countedAtMs, line.clock);
  return { onHand: level - (before?.onHand ?? 0n), contained: null, review: false, isLast: false };
}

function itemAfter(
  world: World,
  line: InventoryLine,
  before: ModelItem | null,
  { counted, stated }: Ruled,
  partition: number,
  sequence: number,
  nowMs: number,
): ModelItem {
  const { change } = line;
  const settings = before === null || before.life === "deleted" ? null : before;
  const level = (given: number | undefined, otherwise: bigint): bigint =>
    given === undefined ? otherwise : BigInt(given);
  const reorderPoint = set(change.reorderPoint, settings?.reorderPoint ?? null);
  const extras =
    change.retire === "delete" ? bareExtras : { ...extrasAfter(line, settings?.extras ?? bareExtras, counted), stated };
  return {
    partition,
    productId: line.productId,
    locationId: line.locationId,
    itemNumber: before?.itemNumber ?? sequence,
    onHand: (before?.onHand ?? 0n) + counted.onHand,
    reserved: before?.reserved ?? 0n,
    unavailable: level(change.unavailableStock, before?.unavailable ?? 0n) + becomeUnavailable(line),
    incoming: before?.incoming ?? 0n,
    safetyStock: level(change.safetyStock, settings?.safetyStock ?? 0n),
    reorderPoint,
    version: (before?.version ?? 0) + 1,
    lastSequence: sequence,
    updatedAtMs: recordedAt(world, partition, nowMs),
    life: change.retire === "archive" ? "archived" : change.retire === "delete" ? "deleted" : "active",
    // What nobody watches raises no alert.
    extras: reorderPoint === null ? { ...extras, alert: "none" } : extras,
  };
}

const set = (given: number | null | undefined, otherwise: bigint | null): bigint | null =>
  given === undefined ? otherwise : given === null ? null : BigInt(given);

/** A count tells units on hand, not in which state they are: that moves whatever a count contains. */
function becomeUnavailable({ change: { adjustment = 0, state, move } }: InventoryLine): bigint {
  if (state !== undefined) return BigInt(adjustment);
  if (move === undefined || (move.from !== null && move.to !== null)) return 0n;
  return BigInt(move.from === null ? move.quantity : -move.quantity);
}

function extrasAfter(line: InventoryLine, before: ModelExtras, counted: Counted): ModelExtras {
  const { adjustment = 0, state, move, maximum, hysteresis, countedAtMs } = line.change;
  const units = { ...before };
  if (state !== undefined) units[stateFields[state]] += BigInt(adjustment);
  if (move !== undefined && move.from !== null) units[stateFields[move.from]] -= BigInt(move.quantity);
  if (move !== undefined && move.to !== null) units[stateFields[move.to]] += BigInt(move.quantity);
  const countErrorMs = line.clock?.errorMs ?? 0;
  const count = counted.isLast
    ? { countedAtMs: countedAtMs!, countErrorMs, certainMs: certainAfter(before, countedAtMs!, countErrorMs) }
    : {};
  return { ...units, maximum: set(maximum, before.maximum), hysteresis: set(hysteresis, before.hysteresis), ...count };
}

function faultsOfMoves(world: World, command: InventoryCommand, moves: readonly Move[]): Fault[] {
  const faults: Fault[] = [];
  for (const { line, index, before, after, counted } of moves) {
    const beforeAvailable = before === null ? 0n : available(before);
    const moved = after.onHand - (before?.onHand ?? 0n);
    const contained = BigInt(counted.contained?.onHand ?? 0);
    if ([after.onHand, available(after), after.unavailable, moved, contained].some((value) => magnitude(value) > max)) {
      faults.push({ code: "validation_failed", line: index });
    }
    if (line.change.unavailableStock !== undefined && after.unavailable < namedUnits(after.extras)) {
      faults.push({ code: "validation_failed", line: index });
    }
    faults.push(...faultsOfState(world, line, index, after));
    const takesBelowZero = available(after) < 0n && available(after) < beforeAvailable;
    if (takesBelowZero && !isFact(line, counted)) {
      const isStale = hidesDueAt(world, line.productId, line.locationId);
      faults.push({ code: "insufficient_stock", line: index, isStale, ...shortage(world, command, line, moves) });
    }
  }
  return faults;
}

/** Whether it is so, whatever was promised: a count, or units that were counted already and that turn out to be damaged. */
const isFact = (line: InventoryLine, { contained }: Counted): boolean =>
  line.allowNegative || isCount(line) || (contained !== null && becomeUnavailable(line) > 0n);

/** Only what is in a state can leave it. */
function faultsOfState(world: World, line: InventoryLine, index: number, after: ModelItem): Fault[] {
  const { adjustment = 0, state, move } = line.change;
  const left = move?.from ?? state ?? null;
  if (left === null || after.extras[stateFields[left]] >= 0n) return [];
  const there = visibleItem(world, line.productId, line.locationId)?.extras[stateFields[left]] ?? 0n;
  const requested = move === undefined ? -adjustment : move.quantity;
  return [{ code: "insufficient_stock", line: index, available: Number(there), requested }];
}

/** What could be taken before the command, and what all its lines for the item together ask for. */
function shortage(world: World, command: InventoryCommand, line: InventoryLine, moves: readonly Move[]) {
  const item = recordedItem(world, line.productId, line.locationId);
  const before = item === null ? 0n : available(item);
  const last = moves.findLast((move) => isSameItem(move.line, line))!;
  const requested = before - available(last.after);
  const couldTake = { available: Number(before > 0n ? before : 0n) };
  // A command that raises an oversold item on the whole, but lowers it in one line, asks for no sum worth naming.
  return requested > 0n || command.lines.length === 1 ? { ...couldTake, requested: Number(requested) } : couldTake;
}

function record(world: World, command: InventoryCommand, moves: readonly Move[]) {
  for (const move of moves) {
    const { line, before, after, counted, reported } = move;
    const { contained } = counted;
    const said = {
      ...(line.change.move === undefined ? {} : { moved: line.change.move }),
      ...(contained === null ? {} : { contained }),
      ...(counted.review ? { review: "…" } : {}),
      ...(reported === null ? {} : { reported }),
    };
    world.entries.push({
      partition: after.partition,
      sequence: after.lastSequence,
      kind: kindOf(line),
      productId: line.productId,
      locationId: line.locationId,
      itemNumber: after.itemNumber,
      previousSequence: before?.lastSequence ?? null,
      version: after.version,
      delta: {
        onHand: Number(after.onHand - (before?.onHand ?? 0n)),
        reserved: Number(after.reserved - (before?.reserved ?? 0n)),
        unavailable: Number(after.unavailable - (before?.unavailable ?? 0n)),
        incoming: Number(after.incoming - (before?.incoming ?? 0n)),
      },
      after: plainItem(after),
      safetyStock: Number(after.safetyStock),
      reorderPoint: after.reorderPoint === null ? null : Number(after.reorderPoint),
      movementType: movementTypes.indexOf(typeOf(line)),
      allowsNegative: isFact(line, counted),
      occurredAtMs: (isCount(line) ? null : line.occurredAtMs) ?? line.change.countedAtMs ?? after.updatedAtMs,
      recordedAtMs: after.updatedAtMs,
      actor: command.actor,
      source: command.source,
      requestId: command.requestId,
      traceparent: command.traceparent,
      parts: null,
      textCommitment: line.text?.commitment ?? null,
      // The kind of the entry tells the item's life.
      detail: itemDetail({ ...after, life: "active" }, said),
    });
    putItem(world, after);
  }
  return command.lines.map((_line, index) => {
    const { line, after, counted, reported } = moves.find((move) => move.index === index)!;
    const sku = visibleRecord(world.products, line.productId)!.document.sku;
    return {
      item: plainItem(after),
      sku,
      sequence: after.lastSequence,
      ...(counted.contained === null ? {} : { contained: counted.contained }),
      ...(counted.review ? { review: "…" } : {}),
      ...(reported === null ? {} : { rule: reported.rule }),
    };
  });
}

function kindOf({ change }: InventoryLine) {
  if (change.retire === "archive") return entryKinds.inventoryArchived;
  if (change.retire === "delete") return entryKinds.inventoryDeleted;
  if (change.adjustment !== undefined) return entryKinds.inventoryAdjusted;
  if (change.move !== undefined) return entryKinds.inventoryMoved;
  if (change.stockLevel !== undefined) return entryKinds.inventorySet;
  return entryKinds.inventoryConfigured;
}

function typeOf(line: InventoryLine): MovementType {
  if (isCount(line)) return "count";
  return line.change.move === undefined ? line.movementType : "state";
}
