/** Reference model of notices: thresholds that are crossed, units sold that are not there, entries out of the ordinary. */
import { type EntryKind, entryKinds } from "@onhand/protocol/vocabulary";
import type { NoticeCommand, RecordCommand } from "../../src/core/command.ts";
import type { AlertLevel } from "../../src/core/inventory/item.ts";
import type { Notice } from "../../src/core/record/entry-detail.ts";
import { plainItem } from "./plain.ts";
import { type Cause, itemDetail, nobody } from "./reference-movement.ts";
import type { Verdict } from "./verdict.ts";
import {
  available,
  lengthOf,
  type ModelItem,
  putItem,
  recordedAt,
  recordedItem,
  visibleItem,
  type World,
} from "./world.ts";

/** Tells what a command did to items. @param before the world in front of it */
export function tellNotices(world: World, before: World, cause: Cause, nowMs: number): void {
  const added = world.entries.slice(before.entries.length);
  const seen: string[] = [];
  for (const { productId, locationId, itemNumber } of added) {
    const key = `${productId}/${locationId}`;
    if (itemNumber === null || seen.includes(key)) continue;
    seen.push(key);
    tellOfItem(world, cause, recordedItem(before, productId!, locationId!), productId!, locationId!, nowMs);
  }
}

function tellOfItem(
  world: World,
  cause: Cause,
  before: ModelItem | null,
  productId: string,
  locationId: string,
  nowMs: number,
): void {
  const item = recordedItem(world, productId, locationId)!;
  const about = item.lastSequence;
  const was = before === null ? 0n : available(before);
  const is = available(item);
  if (item.life === "deleted") return;
  const from = item.extras.alert;
  const to = alertAfter(item);
  if (to !== from) {
    const after = { ...item, extras: { ...item.extras, alert: to } };
    const said = {
      about,
      from,
      to,
      available: Number(is),
      reorderPoint: Number(item.reorderPoint),
      hysteresis: Number(lowMargin(item)),
    };
    pushNotice(world, cause, alertKind(from, to), after, said, nowMs);
  }
  if (is < 0n && is < was) {
    const current = recordedItem(world, productId, locationId)!;
    const lacking = (was < 0n ? was : 0n) - is;
    const said = { about, units: Number(lacking), available: Number(is), availableBefore: Number(was) };
    pushNotice(world, cause, entryKinds.inventoryOversold, current, said, nowMs);
  }
}

const rank = (level: AlertLevel): number => ["none", "low", "out"].indexOf(level);

const alertKind = (from: AlertLevel, to: AlertLevel): EntryKind => {
  if (rank(to) < rank(from)) return entryKinds.inventoryBack;
  return to === "out" ? entryKinds.inventoryOut : entryKinds.inventoryLow;
};

/** Getting worse counts at once; getting better only when available has risen clear of the threshold. */
function alertAfter(item: ModelItem): AlertLevel {
  const { reorderPoint, extras } = item;
  if (reorderPoint === null || item.life !== "active") return extras.alert;
  const is = available(item);
  const now: AlertLevel = is <= 0n ? "out" : is <= reorderPoint ? "low" : "none";
  if (rank(now) >= rank(extras.alert)) return now;
  const outMargin = extras.hysteresis ?? 0n;
  if (extras.alert === "out" && !(is >= 1n && is > outMargin)) return "out";
  return is > reorderPoint + lowMargin(item) ? "none" : "low";
}

/** A tenth of the reorder point, rounded up, unless it was set. */
const lowMargin = ({ reorderPoint, extras }: ModelItem): bigint => extras.hysteresis ?? (reorderPoint! + 9n) / 10n;

/** Writes a notice: nothing of the item changes but where its last entry is, and what was told of it. */
export function pushNotice(
  world: World,
  cause: Cause,
  kind: EntryKind,
  item: ModelItem,
  said: Omit<Notice, "reason">,
  nowMs: number,
): number {
  const sequence = lengthOf(world, item.partition) + 1;
  const recordedAtMs = recordedAt(world, item.partition, nowMs);
  const { requestId, traceparent } = cause;
  const after: ModelItem = { ...item, lastSequence: sequence };
  putItem(world, after);
  world.entries.push({
    partition: item.partition,
    sequence,
    kind,
    productId: item.productId,
    locationId: item.locationId,
    itemNumber: item.itemNumber,
    previousSequence: item.lastSequence,
    version: item.version,
    delta: { onHand: 0, reserved: 0, unavailable: 0, incoming: 0 },
    after: plainItem(after),
    safetyStock: Number(item.safetyStock),
    reorderPoint: item.reorderPoint === null ? null : Number(item.reorderPoint),
    movementType: 0,
    allowsNegative: true,
    occurredAtMs: recordedAtMs,
    recordedAtMs,
    actor: nobody,
    source: null,
    requestId,
    traceparent,
    parts: null,
    textCommitment: null,
    detail: itemDetail(after, { notice: { reason: "…", ...said } as Notice, changedAtMs: item.updatedAtMs }),
  });
  return sequence;
}

/** Somebody who reads the journal tells something of an item. */
export function executeNotice(world: World, command: NoticeCommand, nowMs: number): Verdict {
  const item = visibleItem(world, command.productId, command.locationId);
  if (item === null) return { kind: "done", entries: 0 };
  const { about, figures, entryKind } = command;
  pushNotice(world, command, entryKind, item, { about, ...figures }, nowMs);
  return { kind: "done", entries: 1 };
}

/** Something is told of what is kept beside the journal: an entry, and nothing else. */
export function executeRecord(world: World, command: RecordCommand, nowMs: number): Verdict {
  const { partition, entryKind, recordId, record, actor, source, requestId, traceparent } = command;
  const recordedAtMs = recordedAt(world, partition, nowMs);
  const nothing = { onHand: 0, reserved: 0, unavailable: 0, incoming: 0 };
  world.entries.push({
    partition,
    sequence: lengthOf(world, partition) + 1,
    kind: entryKind,
    productId: null,
    locationId: null,
    itemNumber: null,
    previousSequence: null,
    version: 1,
    delta: nothing,
    after: nothing,
    safetyStock: 0,
    reorderPoint: null,
    movementType: 0,
    allowsNegative: false,
    occurredAtMs: recordedAtMs,
    recordedAtMs,
    actor,
    source,
    requestId,
    traceparent,
    parts: null,
    textCommitment: null,
    detail: JSON.stringify({ record: { id: recordId, told: record } }),
  });
  return { kind: "done", entries: 1 };
}
