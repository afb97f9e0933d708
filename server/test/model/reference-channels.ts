/**
 * Reference model of channels: their documents, and what they are told of each product. Numbers follow the items of a
 * group; a change of the channels or locations themselves is seen by whatever comes in later groups, and by a refresh.
 */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { ChannelDocument } from "../../src/core/catalogue/catalogue.ts";
import type { ChannelCommand, ChannelRefreshCommand } from "../../src/core/command.ts";
import type { Entry } from "../../src/core/record/entry.ts";
import { partitionOf } from "../../src/core/record/partition.ts";
import { executeDocument } from "./reference-catalogue.ts";
import { byNobody, type Cause, pushBare } from "./reference-movement.ts";
import type { Fault, Verdict } from "./verdict.ts";
import {
  available,
  locationsOfChannel,
  type ModelChannelLevel,
  type ModelItem,
  type ModelRecord,
  putChannel,
  putChannelLevel,
  recordedItem,
  visibleRecord,
  type World,
} from "./world.ts";

export function executeChannel(world: World, command: ChannelCommand, nowMs: number): Verdict {
  const { operation } = command;
  const stored = world.channels.find((channel) => channel.id === command.channelId) ?? null;
  const fields = operation.kind === "delete" ? {} : operation.kind === "patch" ? operation.fields : operation.document;
  const missing = (fields.locations ?? []).findIndex((id) => visibleRecord(world.locations, id) === null);
  const faults: Fault[] = missing < 0 ? [] : [{ code: "not_found", line: 0, pointer: `/locations/${missing}` }];
  const subject = {
    id: command.channelId,
    partition: 0,
    productId: null,
    locationId: null,
    detail: { channelId: command.channelId },
  };
  const kinds = [
    entryKinds.channelCreated,
    entryKinds.channelUpdated,
    entryKinds.channelArchived,
    entryKinds.channelDeleted,
  ] as const;
  const result = executeDocument<ChannelDocument>(world, command, subject, stored, kinds, faults, nowMs);
  if (Array.isArray(result)) return { kind: "rejected", faults: result };
  putChannel(world, result);
  return { kind: "channel", record: result };
}

/** More of an item counts for no channel. */
const sellableMax = 1_000_000_000_000n;

/** Units that channels may sell of an item: none below its safety stock, and none of what is out of use. */
function sellable(item: ModelItem | null): bigint {
  if (item === null || item.life !== "active") return 0n;
  const units = available(item) - item.safetyStock;
  if (units > sellableMax) return sellableMax;
  return units > 0n ? units : 0n;
}

export const sells = (document: ChannelDocument, productId: string): boolean =>
  document.products === null || document.products.includes(productId);

/** What the channel may sell of so many units. */
export function behindBuffer(document: ChannelDocument, productId: string, units: bigint): bigint {
  const own = Object.entries(document.buffers).find(([id]) => id === productId);
  const left = units - BigInt(own === undefined ? document.buffer : own[1]);
  return left > 0n ? left : 0n;
}

/** Units that the channel's locations can sell of a product: as items are in one world, from where locations are in another. */
export function sellableOver(items: World, places: World, document: ChannelDocument, productId: string): bigint {
  return locationsOfChannel(places, document)
    .map((locationId) => sellable(recordedItem(items, productId, locationId)))
    .reduce((sum, units) => sum + units, 0n);
}

/** The number that a channel is told of a product with so many units to sell. */
export function numberTold(world: World, document: ChannelDocument, productId: string, units: bigint): bigint {
  const isInUse = world.products.some((product) => product.id === productId && product.life === "active");
  return isInUse ? behindBuffer(document, productId, units) : 0n;
}

/** @param before the world in front of the group */
export function executeRefresh(world: World, before: World, command: ChannelRefreshCommand, nowMs: number): Verdict {
  const { channelId, partition } = command;
  const channel = world.channels.find((one) => one.id === channelId && one.life === "active") ?? null;
  const known = world.entries.length;
  for (const { productId } of command.products) {
    const row = rowOf(world, productId, channelId);
    const next = { partition, productId, channelId };
    if (channel === null || !sells(channel.document, productId)) {
      if (row !== null) tell(world, command, row, { ...next, sellable: 0n, available: 0n }, nowMs);
      continue;
    }
    const units = sellableOver(world, before, channel.document, productId);
    // What the group has changed of items so far is added at its end, so the sum is put as it was in front of it.
    const unitsBefore = sellableOver(before, before, channel.document, productId);
    if (row === null && units === 0n && unitsBefore === 0n) continue;
    const told = numberTold(world, channel.document, productId, units);
    tell(world, command, row, { ...next, sellable: unitsBefore, available: told }, nowMs);
  }
  return { kind: "done", entries: world.entries.length - known };
}

/** Tells channels what the entries of a group come to. */
export function tellChannels(world: World, before: World, nowMs: number): void {
  const added = world.entries.slice(before.entries.length);
  const active = before.channels.filter((channel) => channel.life === "active");
  const more: { channel: ModelRecord<ChannelDocument>; productId: string; units: bigint }[] = [];
  const note = (channel: ModelRecord<ChannelDocument>, productId: string, units: bigint): void => {
    const known = more.find((one) => one.channel === channel && one.productId === productId);
    if (known === undefined) more.push({ channel, productId, units });
    else known.units += units;
  };
  for (const item of changedItems(world, added)) {
    const { productId, locationId } = item;
    const units = sellable(item) - sellable(recordedItem(before, productId, locationId));
    if (units === 0n) continue;
    for (const channel of active) {
      const isThere = locationsOfChannel(before, channel.document).includes(locationId);
      if (isThere && sells(channel.document, productId)) note(channel, productId, units);
    }
  }
  for (const productId of changedProducts(added)) {
    for (const channel of active) if (sells(channel.document, productId)) note(channel, productId, 0n);
  }
  for (const { channel, productId, units } of more) {
    const row = rowOf(world, productId, channel.id);
    if (row === null && units === 0n) continue;
    const sum = row === null ? sellableOver(world, before, channel.document, productId) : row.sellable + units;
    const next = {
      partition: partitionOf(productId, world.partitionCount),
      productId,
      channelId: channel.id,
      sellable: sum > 0n ? sum : 0n,
    };
    const cause = added.findLast((entry) => entry.productId === productId)!;
    tell(
      world,
      cause,
      row,
      { ...next, available: numberTold(world, channel.document, productId, next.sellable) },
      nowMs,
    );
  }
}

const rowOf = (world: World, productId: string, channelId: string): ModelChannelLevel | null =>
  world.channelLevels.find((row) => row.productId === productId && row.channelId === channelId) ?? null;

/** Items that entries changed, in the order in which they were first changed. */
function changedItems(world: World, added: readonly Entry[]): ModelItem[] {
  const found: ModelItem[] = [];
  for (const { productId, locationId, itemNumber } of added) {
    if (itemNumber === null) continue;
    const item = recordedItem(world, productId!, locationId!)!;
    if (!found.includes(item)) found.push(item);
  }
  return found;
}

const changedProducts = (added: readonly Entry[]): string[] => [
  ...new Set(
    added
      .filter(({ kind }) => kind >= entryKinds.productCreated && kind <= entryKinds.productDeleted)
      .map((entry) => entry.productId!),
  ),
];

function tell(
  world: World,
  cause: Cause,
  row: ModelChannelLevel | null,
  next: Omit<ModelChannelLevel, "toldSequence">,
  nowMs: number,
): void {
  const previous = row?.available ?? 0n;
  if (row !== null && row.sellable === next.sellable && previous === next.available) return;
  if (previous === next.available) {
    putChannelLevel(world, { ...next, toldSequence: row?.toldSequence ?? 0 });
    return;
  }
  const { partition, productId, channelId } = next;
  const channelLevel = {
    channelId,
    sellable: Number(next.sellable),
    available: Number(next.available),
    previous: Number(previous),
  };
  const kind = entryKinds.channelAvailability;
  const entry = { kind, partition, productId, locationId: null, detail: { channelLevel } };
  putChannelLevel(world, { ...next, toldSequence: pushBare(world, byNobody(cause), entry, nowMs) });
}
