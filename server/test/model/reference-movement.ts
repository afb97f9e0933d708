/** Reference model: what any change writes down. Each entry of an item carries the item after it, whole. */
import { type EntryKind, type MovementType, movementTypes } from "@onhand/protocol/vocabulary";
import type { CommandOrigin, EntryText } from "../../src/core/command.ts";
import { noExtras } from "../../src/core/inventory/item.ts";
import type { EntryDetail } from "../../src/core/record/entry-detail.ts";
import { partitionOf } from "../../src/core/record/partition.ts";
import { plainExtras, plainItem, plainLine } from "./plain.ts";
import {
  bareExtras,
  lengthOf,
  type ModelExtras,
  type ModelItem,
  type ModelLine,
  putItem,
  putLine,
  recordedAt,
  recordedItem,
  type World,
} from "./world.ts";

/** Whom an entry names that nobody asked for. */
export const nobody = "onhand";

export type Cause = Pick<CommandOrigin, "actor" | "source" | "requestId" | "traceparent">;

export const byNobody = (cause: Cause): Cause => ({ ...cause, actor: nobody, source: null });

export interface ModelMovement {
  readonly kind: EntryKind;
  readonly productId: string;
  readonly locationId: string;
  readonly onHand?: bigint;
  readonly reserved?: bigint;
  readonly unavailable?: bigint;
  readonly incoming?: bigint;
  readonly movementType: MovementType;
  readonly extras?: ModelExtras;
  readonly allowsNegative?: boolean;
  readonly occurredAtMs?: number | null;
  readonly text?: EntryText | null;
  readonly detail?: Omit<EntryDetail, "extras" | "life">;
}

/** Moves units of an item, existing or not, and writes the entry of it. A deleted item comes back bare. */
function moveItem(world: World, cause: Cause, movement: ModelMovement, nowMs: number): ModelItem {
  const { productId, locationId, detail = {} } = movement;
  const partition = partitionOf(productId, world.partitionCount);
  const sequence = lengthOf(world, partition) + 1;
  const before = recordedItem(world, productId, locationId);
  const settings = before === null || before.life === "deleted" ? null : before;
  const delta = {
    onHand: movement.onHand ?? 0n,
    reserved: movement.reserved ?? 0n,
    unavailable: movement.unavailable ?? 0n,
    incoming: movement.incoming ?? 0n,
  };
  const recordedAtMs = recordedAt(world, partition, nowMs);
  const after: ModelItem = {
    partition,
    productId,
    locationId,
    itemNumber: before?.itemNumber ?? sequence,
    onHand: (before?.onHand ?? 0n) + delta.onHand,
    reserved: (before?.reserved ?? 0n) + delta.reserved,
    unavailable: (before?.unavailable ?? 0n) + delta.unavailable,
    incoming: (before?.incoming ?? 0n) + delta.incoming,
    safetyStock: settings?.safetyStock ?? 0n,
    reorderPoint: settings?.reorderPoint ?? null,
    version: (before?.version ?? 0) + 1,
    lastSequence: sequence,
    updatedAtMs: recordedAtMs,
    life: before?.life === "archived" ? "archived" : "active",
    extras: movement.extras ?? settings?.extras ?? bareExtras,
  };
  putItem(world, after);
  world.entries.push({
    partition,
    sequence,
    kind: movement.kind,
    productId,
    locationId,
    itemNumber: after.itemNumber,
    previousSequence: before?.lastSequence ?? null,
    version: after.version,
    delta: {
      onHand: Number(delta.onHand),
      reserved: Number(delta.reserved),
      unavailable: Number(delta.unavailable),
      incoming: Number(delta.incoming),
    },
    after: plainItem(after),
    safetyStock: Number(after.safetyStock),
    reorderPoint: after.reorderPoint === null ? null : Number(after.reorderPoint),
    movementType: movementTypes.indexOf(movement.movementType),
    allowsNegative: movement.allowsNegative ?? false,
    occurredAtMs: movement.occurredAtMs ?? recordedAtMs,
    recordedAtMs,
    actor: cause.actor,
    source: cause.source,
    requestId: cause.requestId,
    traceparent: cause.traceparent,
    parts: null,
    textCommitment: movement.text?.commitment ?? null,
    detail: itemDetail(after, detail),
  });
  return after;
}

/** What the entry of an item says beside its columns. */
export function itemDetail(after: ModelItem, said: Omit<EntryDetail, "extras" | "life">): string | null {
  const extras = plainExtras(after.extras);
  const detail: EntryDetail = {
    ...said,
    ...(after.life === "archived" ? { life: "archived" as const } : {}),
    ...(extras === noExtras ? {} : { extras }),
  };
  return Object.keys(detail).length === 0 ? null : JSON.stringify(detail);
}

/** Moves units that a line of an order speaks of: the entry carries the line after it. */
export function moveLine(
  world: World,
  cause: Cause,
  movement: ModelMovement,
  line: ModelLine,
  nowMs: number,
): ModelItem {
  const detail = { ...movement.detail, line: plainLine(line) };
  const after = moveItem(world, cause, { ...movement, detail }, nowMs);
  putLine(world, line);
  return after;
}

/** Writes an entry that is about no item: an order, or what a channel may sell. */
export function pushBare(
  world: World,
  cause: Cause,
  entry: {
    readonly kind: EntryKind;
    readonly partition: number;
    readonly productId: string | null;
    readonly locationId: string | null;
    readonly detail: object;
    readonly text?: EntryText | null;
  },
  nowMs: number,
): number {
  const sequence = lengthOf(world, entry.partition) + 1;
  const recordedAtMs = recordedAt(world, entry.partition, nowMs);
  const nothing = { onHand: 0, reserved: 0, unavailable: 0, incoming: 0 };
  world.entries.push({
    partition: entry.partition,
    sequence,
    kind: entry.kind,
    productId: entry.productId,
    locationId: entry.locationId,
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
    actor: cause.actor,
    source: cause.source,
    requestId: cause.requestId,
    traceparent: cause.traceparent,
    parts: null,
    textCommitment: entry.text?.commitment ?? null,
    detail: JSON.stringify(entry.detail),
  });
  return sequence;
}
