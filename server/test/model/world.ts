/** The world of the reference model: plain arrays, levels as bigint, no cleverness. */
import type { LifeState, UnsellableState } from "@onhand/protocol/vocabulary";
import { entryKinds, subjectOfKind } from "@onhand/protocol/vocabulary";
import type { ChannelDocument, LocationDocument, ProductDocument } from "../../src/core/catalogue/catalogue.ts";
import type { CommandOrigin } from "../../src/core/command.ts";
import type { AlertLevel, ItemExtras } from "../../src/core/inventory/item.ts";
import type { StockOrder, StockOrderLine } from "../../src/core/orders/order.ts";
import type { Entry } from "../../src/core/record/entry.ts";

/** What few items have, every one spelled out. */
export interface ModelExtras {
  readonly damaged: bigint;
  readonly qualityControl: bigint;
  readonly quarantine: bigint;
  readonly expired: bigint;
  readonly maximum: bigint | null;
  readonly hysteresis: bigint | null;
  readonly alert: AlertLevel;
  readonly countedAtMs: number | null;
  /** How far the moment of the count may be off, in ms. */
  readonly countErrorMs: number;
  /** Up to here counts contain everything for certain; null where the last one says it. */
  readonly certainMs: number | null;
  /** What sources stated; null for nothing. */
  readonly stated: ModelStated | null;
}

export interface ModelStated {
  /** Null: nothing that they stated was applied. */
  readonly sourceId: string | null;
  readonly trust: number;
  readonly holdsUntilMs: number;
  readonly versions: ReadonlyMap<string, number>;
}

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
  readonly extras: ModelExtras;
}

type Quantity = "quantity" | "held" | "incoming" | "done" | "dropped" | "surplus";

/** A line of an order, its quantities as bigint. */
export type ModelLine = Omit<StockOrderLine, Quantity> & { readonly [name in Quantity]: bigint };

export interface ModelRecord<Document> {
  readonly id: string;
  readonly document: Document;
  readonly version: number;
  readonly life: LifeState;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What a channel was last told of a product. */
export interface ModelChannelLevel {
  readonly partition: number;
  readonly productId: string;
  readonly channelId: string;
  readonly sellable: bigint;
  readonly available: bigint;
  readonly toldSequence: number;
}

/** Where a partition ended when older entries were forgotten. */
export interface Forgotten {
  readonly partition: number;
  readonly length: number;
  readonly recordedAtMs: number;
}

export interface World {
  readonly partitionCount: number;
  /** Long histories need not keep every entry. */
  forgotten: Forgotten[];
  entries: Entry[];
  items: ModelItem[];
  products: ModelRecord<ProductDocument>[];
  locations: ModelRecord<LocationDocument>[];
  channels: ModelRecord<ChannelDocument>[];
  channelLevels: ModelChannelLevel[];
  orders: StockOrder[];
  lines: ModelLine[];
  /** Lines that are due and too many to be let go in front of the group under way. */
  hidden: readonly ModelLine[];
  /** What the group under way was asked for and refused. */
  refused: RefusedUnits[];
}

export interface RefusedUnits {
  readonly productId: string;
  readonly locationId: string;
  readonly units: bigint;
  readonly command: CommandOrigin;
}

export const bareExtras: ModelExtras = {
  damaged: 0n,
  qualityControl: 0n,
  quarantine: 0n,
  expired: 0n,
  maximum: null,
  hysteresis: null,
  alert: "none",
  countedAtMs: null,
  countErrorMs: 0,
  certainMs: null,
  stated: null,
};

/** Where the units of a state are counted. */
export const stateFields = {
  damaged: "damaged",
  quality_control: "qualityControl",
  quarantine: "quarantine",
  expired: "expired",
} as const satisfies Record<UnsellableState, "damaged" | "qualityControl" | "quarantine" | "expired">;

/** Units in named states, all together. */
export const namedUnits = ({ damaged, qualityControl, quarantine, expired }: ModelExtras): bigint =>
  damaged + qualityControl + quarantine + expired;

/** A world in which nothing has happened. */
const emptyWorld = (partitionCount: number): World => ({
  partitionCount,
  forgotten: [],
  entries: [],
  items: [],
  products: [],
  locations: [],
  channels: [],
  channelLevels: [],
  orders: [],
  lines: [],
  hidden: [],
  refused: [],
});

/** A world in which the given entries have happened. */
export function worldAfter(partitionCount: number, entries: readonly Entry[]): World {
  const world = emptyWorld(partitionCount);
  for (const entry of entries) {
    world.entries.push(entry);
    const subject = subjectOfKind(entry.kind);
    if (subject === "product") putProduct(world, recordOf<ProductDocument>(entry.productId!, entry));
    else if (subject === "location") putLocation(world, recordOf<LocationDocument>(entry.locationId!, entry));
    else if (subject === "channel") putChannel(world, recordOf<ChannelDocument>(channelIdIn(entry), entry));
    else if (subject === "item") putItem(world, itemOf(entry));
    if (subject === "item" || subject === "order") takeOrderFrom(world, entry);
  }
  return world;
}

const channelIdIn = (entry: Entry): string => JSON.parse(entry.detail!).channelId;

function itemOf(entry: Entry): ModelItem {
  const lives: Partial<Record<number, LifeState>> = {
    [entryKinds.inventoryArchived]: "archived",
    [entryKinds.inventoryDeleted]: "deleted",
  };
  const said: { life?: LifeState; extras?: ItemExtras; changedAtMs?: number } = JSON.parse(entry.detail ?? "{}");
  const { life, extras, changedAtMs } = said;
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
    updatedAtMs: changedAtMs ?? entry.recordedAtMs,
    life: life ?? lives[entry.kind] ?? "active",
    extras: extras === undefined ? bareExtras : modelExtras(extras),
  };
}

const bigOrNull = (value: number | null): bigint | null => (value === null ? null : BigInt(value));

const modelExtras = (extras: ItemExtras): ModelExtras => ({
  damaged: BigInt(extras.damaged),
  qualityControl: BigInt(extras.qualityControl),
  quarantine: BigInt(extras.quarantine),
  expired: BigInt(extras.expired),
  maximum: bigOrNull(extras.maximum),
  hysteresis: bigOrNull(extras.hysteresis),
  alert: extras.alert,
  countedAtMs: extras.countedAtMs,
  countErrorMs: extras.countErrorMs ?? 0,
  certainMs: extras.certainMs ?? null,
  stated:
    extras.stated === undefined
      ? null
      : { ...extras.stated, versions: new Map(Object.entries(extras.stated.versions)) },
});

const modelLine = (line: StockOrderLine): ModelLine => ({
  ...line,
  quantity: BigInt(line.quantity),
  held: BigInt(line.held),
  incoming: BigInt(line.incoming),
  done: BigInt(line.done),
  dropped: BigInt(line.dropped),
  surplus: BigInt(line.surplus),
});

function takeOrderFrom(world: World, entry: Entry): void {
  const {
    order,
    line,
    lines = [],
  }: { order?: StockOrder; line?: StockOrderLine; lines?: number[] } = JSON.parse(entry.detail ?? "{}");
  if (line !== undefined) putLine(world, modelLine(line));
  if (order === undefined) return;
  putOrder(world, order);
  const { phase, expiresAtMs } = order;
  for (const known of linesOf(world, order.orderId)) {
    if (lines.includes(known.line)) putLine(world, { ...known, phase, expiresAtMs });
  }
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

export function putChannel(world: World, channel: ModelRecord<ChannelDocument>): void {
  world.channels = [...world.channels.filter((other) => other.id !== channel.id), channel];
}

export function putChannelLevel(world: World, level: ModelChannelLevel): void {
  const isOther = (other: ModelChannelLevel) =>
    other.productId !== level.productId || other.channelId !== level.channelId;
  world.channelLevels = [...world.channelLevels.filter(isOther), level];
}

export function putOrder(world: World, order: StockOrder): void {
  const isKnown = world.orders.some((other) => other.orderId === order.orderId);
  // In the order in which they were made.
  world.orders = isKnown
    ? world.orders.map((other) => (other.orderId === order.orderId ? order : other))
    : [...world.orders, order];
}

export function putLine(world: World, line: ModelLine): void {
  const isOther = (other: ModelLine) => other.orderId !== line.orderId || other.line !== line.line;
  world.lines = [...world.lines.filter(isOther), line];
}

export const orderOf = (world: World, orderId: string): StockOrder | null =>
  world.orders.find((order) => order.orderId === orderId) ?? null;

/** Lines of an order, in order. */
export const linesOf = (world: World, orderId: string): ModelLine[] =>
  world.lines.filter((line) => line.orderId === orderId).sort((a, b) => a.line - b.line);

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

/** SKU of a product, deleted ones included; empty for one that never was. */
export const skuOf = (world: World, productId: string): string =>
  world.products.find((product) => product.id === productId)?.document.sku ?? "";

export function holdsAnything(item: ModelItem): boolean {
  return item.onHand !== 0n || item.reserved !== 0n || item.unavailable !== 0n || item.incoming !== 0n;
}

export function available(item: Pick<ModelItem, "onHand" | "reserved" | "unavailable">): bigint {
  return item.onHand - item.reserved - item.unavailable;
}

/** What is available of an item that may not be there. */
export function availableAt(world: World, productId: string, locationId: string): bigint {
  const item = visibleItem(world, productId, locationId);
  return item === null ? 0n : available(item);
}

/** Locations in use that belong to a group, by id. */
export const locationsOfGroup = (world: World, group: string): string[] =>
  world.locations
    .filter(({ life, document }) => life === "active" && document.groups.includes(group))
    .map(({ id }) => id)
    .sort();

/** Locations in use that a channel takes from: those it names in its order, then those of its groups. */
export function locationsOfChannel(world: World, document: ChannelDocument): string[] {
  const found: string[] = [];
  const all = [...document.locations, ...document.locationGroups.flatMap((group) => locationsOfGroup(world, group))];
  for (const id of all) {
    const isInUse = world.locations.some((location) => location.id === id && location.life === "active");
    if (isInUse && !found.includes(id)) found.push(id);
  }
  return found;
}

/** Entries of a partition so far: the next one gets this number plus one. */
export function lengthOf(world: World, partition: number): number {
  const forgotten = world.forgotten.find((one) => one.partition === partition)?.length ?? 0;
  return forgotten + world.entries.filter((entry) => entry.partition === partition).length;
}

/** A recorded time never lies before one that the partition already has. */
export function recordedAt(world: World, partition: number, nowMs: number): number {
  const times = world.entries.filter((entry) => entry.partition === partition).map((entry) => entry.recordedAtMs);
  const forgotten = world.forgotten.find((one) => one.partition === partition)?.recordedAtMs ?? 0;
  return Math.max(nowMs, forgotten, ...times);
}

/** Keeps the newest entries only: enough for counts that look back a little. */
export function forget(world: World, kept: number): void {
  const partitions = [...new Set(world.entries.map((entry) => entry.partition))];
  const older = world.entries.slice(0, -kept);
  const others = world.forgotten.filter((one) => !partitions.includes(one.partition));
  world.forgotten = [
    ...others,
    ...partitions.map((partition) => ({
      partition,
      length:
        lengthOf(world, partition) - world.entries.slice(-kept).filter((one) => one.partition === partition).length,
      recordedAtMs: recordedAt({ ...world, entries: older }, partition, 0),
    })),
  ];
  world.entries = world.entries.slice(-kept);
}

/** Another world with the same past, in which things can be tried. */
export const copyOf = (world: World): World => ({ ...world, entries: [...world.entries] });

/** What was tried in a copy has happened. */
export function adopt(world: World, tried: World): void {
  Object.assign(world, tried);
}
