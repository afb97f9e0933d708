/** The world of the reference model: plain arrays, levels as bigint, no cleverness. */
import type { LifeState } from "@onhand/protocol/vocabulary";
import { entryKinds, subjectOfKind } from "@onhand/protocol/vocabulary";
import type { LocationDocument, ProductDocument } from "../../src/core/catalogue.ts";
import type { Entry } from "../../src/core/entry.ts";
import { type Item, noExtras } from "../../src/core/item.ts";

export interface ModelItem {
  readonly partition: number;
  readonly productId: string;
  readonly locationId: string;
  readonly itemNumber: number;
  readonly onHand: bigint;
  readonly reserved: bigint;
  readonly unavailable: bigint;
  readonly incoming: bigint;
  readonly safetyStock: bigint;
  readonly reorderPoint: bigint | null;
  readonly version: number;
  readonly lastSequence: number;
  readonly updatedAtMs: number;
  readonly life: LifeState;
}

export interface ModelRecord<Document> {
  readonly id: string;
  readonly document: Document;
  readonly version: number;
  readonly life: LifeState;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface World {
  readonly partitionCount: number;
  entries: Entry[];
  items: ModelItem[];
  products: ModelRecord<ProductDocument>[];
  locations: ModelRecord<LocationDocument>[];
}

/** A world in which the given entries have happened. */
export function worldAfter(partitionCount: number, entries: readonly Entry[]): World {
  const world: World = { partitionCount, entries: [...entries], items: [], products: [], locations: [] };
  for (const entry of entries) {
    const subject = subjectOfKind(entry.kind);
    if (subject === "item") putItem(world, itemOf(entry));
    else if (subject === "product") putProduct(world, recordOf<ProductDocument>(entry.productId!, entry));
    else if (subject === "location") putLocation(world, recordOf<LocationDocument>(entry.locationId!, entry));
  }
  return world;
}

function itemOf(entry: Entry): ModelItem {
  const lives: Partial<Record<number, LifeState>> = {
    [entryKinds.inventoryArchived]: "archived",
    [entryKinds.inventoryDeleted]: "deleted",
  };
  return {
    partition: entry.partition,
    productId: entry.productId!,
    locationId: entry.locationId!,
    itemNumber: entry.itemNumber!,
    onHand: BigInt(entry.after.onHand),
    reserved: BigInt(entry.after.reserved),
    unavailable: BigInt(entry.after.unavailable),
    incoming: BigInt(entry.after.incoming),
    safetyStock: BigInt(entry.safetyStock),
    reorderPoint: entry.reorderPoint === null ? null : BigInt(entry.reorderPoint),
    version: entry.version,
    lastSequence: entry.sequence,
    updatedAtMs: entry.recordedAtMs,
    life: lives[entry.kind] ?? "active",
  };
}

function recordOf<Document>(id: string, entry: Entry): ModelRecord<Document> {
  const { document, life, createdAtMs } = JSON.parse(entry.detail!);
  return { id, document, life, createdAtMs, version: entry.version, updatedAtMs: entry.recordedAtMs };
}

export function putItem(world: World, item: ModelItem): void {
  const isOther = (other: ModelItem) => other.productId !== item.productId || other.locationId !== item.locationId;
  world.items = [...world.items.filter(isOther), item];
}

export function putProduct(world: World, product: ModelRecord<ProductDocument>): void {
  world.products = [...world.products.filter((other) => other.id !== product.id), product];
}

export function putLocation(world: World, location: ModelRecord<LocationDocument>): void {
  world.locations = [...world.locations.filter((other) => other.id !== location.id), location];
}

/** The item as it was ever recorded, deleted ones included. */
export function recordedItem(world: World, productId: string, locationId: string): ModelItem | null {
  return world.items.find((item) => item.productId === productId && item.locationId === locationId) ?? null;
}

/** The item as callers see it: a deleted one does not exist. */
export function visibleItem(world: World, productId: string, locationId: string): ModelItem | null {
  const item = recordedItem(world, productId, locationId);
  return item === null || item.life === "deleted" ? null : item;
}

export function visibleRecord<Document>(records: readonly ModelRecord<Document>[], id: string) {
  return records.find((record) => record.id === id && record.life !== "deleted") ?? null;
}

export function holdsAnything(item: ModelItem): boolean {
  return item.onHand !== 0n || item.reserved !== 0n || item.unavailable !== 0n || item.incoming !== 0n;
}

export function available(item: Pick<ModelItem, "onHand" | "reserved" | "unavailable">): bigint {
  return item.onHand - item.reserved - item.unavailable;
}

/** Entries of a partition so far: the next one gets this number plus one. */
export function lengthOf(world: World, partition: number): number {
  return world.entries.filter((entry) => entry.partition === partition).length;
}

/** A recorded time never lies before one that the partition already has. */
export function recordedAt(world: World, partition: number, nowMs: number): number {
  const times = world.entries.filter((entry) => entry.partition === partition).map((entry) => entry.recordedAtMs);
  return Math.max(nowMs, ...times);
}

/** The model's item in the form that the core uses. */
export function plainItem(item: ModelItem): Item {
  return {
    ...item,
    onHand: Number(item.onHand),
    reserved: Number(item.reserved),
    unavailable: Number(item.unavailable),
    incoming: Number(item.incoming),
    safetyStock: Number(item.safetyStock),
    reorderPoint: item.reorderPoint === null ? null : Number(item.reorderPoint),
    extras: noExtras,
  };
}
