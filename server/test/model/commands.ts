/** Short ways to write commands, documents and seed entries in tests. */
import { entryKinds, type LifeState } from "@onhand/protocol/vocabulary";
import type { ChannelDocument, LocationDocument, ProductDocument } from "../../src/core/catalogue/catalogue.ts";
import type {
  CatalogueOperation,
  CommandOrigin,
  Guard,
  InventoryCommand,
  InventoryLine,
  ItemChange,
  LocationCommand,
  ProductCommand,
} from "../../src/core/command.ts";
import type { Levels } from "../../src/core/inventory/item.ts";
import { type Entry, noLevels } from "../../src/core/record/entry.ts";
import { partitionOf } from "../../src/core/record/partition.ts";

export const origin: CommandOrigin = {
  key: "0".repeat(32),
  requestHash: "f".repeat(32),
  actor: "key_tester",
  source: null,
  requestId: "req_1",
  traceparent: null,
};

/** A line for product `p1` at location `l1` unless told otherwise. */
export function lineOf(change: ItemChange, rest: Partial<InventoryLine> = {}): InventoryLine {
  return {
    productId: "p1",
    sku: null,
    locationId: "l1",
    change,
    guard: null,
    mustExist: false,
    allowNegative: false,
    movementType: "correction",
    occurredAtMs: null,
    text: null,
    ...rest,
  };
}

export function inventory(...lines: readonly InventoryLine[]): InventoryCommand {
  return { ...origin, kind: "inventory", lines };
}

export const adjust = (adjustment: number, rest: Partial<InventoryLine> = {}): InventoryLine =>
  lineOf({ adjustment }, rest);

export const setTo = (stockLevel: number, guard: Guard | null, rest: Partial<InventoryLine> = {}): InventoryLine =>
  lineOf({ stockLevel }, { guard, ...rest });

export function productCommand(
  productId: string,
  operation: CatalogueOperation<ProductDocument>,
  ifMatchVersion: number | null = null,
): ProductCommand {
  return { ...origin, kind: "product", productId, operation, ifMatchVersion };
}

export function locationCommand(
  locationId: string,
  operation: CatalogueOperation<LocationDocument>,
  ifMatchVersion: number | null = null,
): LocationCommand {
  return { ...origin, kind: "location", locationId, operation, ifMatchVersion };
}

export function productDocument(sku: string, name = "Lipstick"): ProductDocument {
  return {
    sku,
    name,
    description: null,
    price: "49.99",
    currency: "EUR",
    prices: { USD: "54.00" },
    attributes: { shade: "beige" },
  };
}

export function locationDocument(name = "Warehouse A"): LocationDocument {
  return { name, type: "warehouse", region: null, timezone: null, currency: null, groups: ["eu"] };
}

export interface ItemSeed {
  readonly productId: string;
  readonly locationId: string;
  readonly levels?: Partial<Levels>;
  readonly safetyStock?: number;
  readonly reorderPoint?: number | null;
  /** An archived item keeps its levels; a deleted one is seeded empty. */
  readonly life?: LifeState;
}

/** Builds the entries of a past: products, locations and items, some of them archived or deleted since. */
export class SeedBook {
  readonly partitionCount: number;
  readonly entries: Entry[] = [];
  readonly #atMs: number;

  constructor(partitionCount: number, atMs: number) {
    this.partitionCount = partitionCount;
    this.#atMs = atMs;
  }

  product(productId: string, life: LifeState = "active", document = productDocument(`SKU-${productId}`)): this {
    const partition = partitionOf(productId, this.partitionCount);
    const kinds = { active: 10, archived: 12, deleted: 13 } as const;
    const steps: LifeState[] = life === "active" ? ["active"] : ["active", life];
    for (const [index, step] of steps.entries()) {
      const detail = JSON.stringify({ document, life: step, createdAtMs: this.#atMs });
      this.#push(partition, { kind: kinds[step], productId, version: index + 1, detail });
    }
    return this;
  }

  location(locationId: string, life: LifeState = "active", document = locationDocument()): this {
    const kinds = { active: 20, archived: 22, deleted: 23 } as const;
    const steps: LifeState[] = life === "active" ? ["active"] : ["active", life];
    for (const [index, step] of steps.entries()) {
      const detail = JSON.stringify({ document, life: step, createdAtMs: this.#atMs });
      this.#push(0, { kind: kinds[step], locationId, version: index + 1, detail });
    }
    return this;
  }

  channel(channelId: string, document: ChannelDocument): this {
    const detail = JSON.stringify({ document, life: "active", createdAtMs: this.#atMs, channelId });
    this.#push(0, { kind: entryKinds.channelCreated, version: 1, detail });
    return this;
  }

  item({ productId, locationId, levels, safetyStock = 0, reorderPoint = null, life = "active" }: ItemSeed): this {
    const partition = partitionOf(productId, this.partitionCount);
    const after: Levels = life === "deleted" ? noLevels : { ...noLevels, ...levels };
    const itemNumber = this.#length(partition) + 1;
    const same = { productId, locationId, itemNumber, after, safetyStock, reorderPoint, allowsNegative: true };
    this.#push(partition, { ...same, kind: entryKinds.inventorySet, version: 1, delta: after });
    const kind = life === "archived" ? entryKinds.inventoryArchived : entryKinds.inventoryDeleted;
    if (life !== "active") this.#push(partition, { ...same, kind, version: 2, previousSequence: itemNumber });
    return this;
  }

  #length(partition: number): number {
    return this.entries.filter((entry) => entry.partition === partition).length;
  }

  #push(partition: number, rest: Pick<Entry, "kind" | "version"> & Partial<Entry>): void {
    this.entries.push({
      partition,
      sequence: this.#length(partition) + 1,
      productId: null,
      locationId: null,
      itemNumber: null,
      previousSequence: null,
      delta: noLevels,
      after: noLevels,
      safetyStock: 0,
      reorderPoint: null,
      movementType: 0,
      allowsNegative: false,
      occurredAtMs: this.#atMs,
      recordedAtMs: this.#atMs,
      actor: origin.actor,
      source: null,
      requestId: origin.requestId,
      traceparent: null,
      parts: null,
      textCommitment: null,
      detail: null,
      ...rest,
    });
  }
}
