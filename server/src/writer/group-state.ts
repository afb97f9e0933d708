/** Loads what a group of commands needs to be decided, under the locks, and presents it to `decide`. */
import { futureToleranceMs } from "@onhand/protocol/vocabulary";
import type { Location, Product } from "../core/catalogue.ts";
import type { Command } from "../core/command.ts";
import type { Item } from "../core/item.ts";
import { partitionOf } from "../core/partition.ts";
import type { Head, State } from "../core/state.ts";
import type { GroupTransaction } from "../journal/group-transaction.ts";
import type { StateCache } from "./state-cache.ts";

interface Facts {
  readonly skuOwners: Map<string, string>;
  readonly moved: Map<string, number>;
  readonly holders: Set<string>;
}

const movedKey = (item: Item, momentMs: number): string => `${item.partition}/${item.itemNumber}/${momentMs}`;

class LoadedState implements State {
  readonly #cache: StateCache;
  readonly #facts: Facts;

  constructor(cache: StateCache, facts: Facts) {
    this.#cache = cache;
    this.#facts = facts;
  }

  get partitionCount(): number {
    return this.#cache.partitionCount;
  }

  head(partition: number): Head {
    const head = this.#cache.head(partition);
    if (head === null) throw new Error(`partition ${partition} was not locked`);
    return head;
  }

  product(partition: number, productId: string): Product | null {
    const product = this.#cache.product(partition, productId);
    if (product === undefined) throw new Error(`product ${productId} was not loaded`);
    return product;
  }

  item(partition: number, productId: string, locationId: string): Item | null {
    const item = this.#cache.item(partition, productId, locationId);
    if (item === undefined) throw new Error(`item ${productId} at ${locationId} was not loaded`);
    return item;
  }

  location(locationId: string): Location | null {
    return this.#cache.location(locationId);
  }

  skuOwner(sku: string): string | null {
    return this.#facts.skuOwners.get(sku) ?? null;
  }

  movedSince(item: Item, momentMs: number): number {
    const moved = this.#facts.moved.get(movedKey(item, momentMs));
    // An item that the group itself creates has no past in the database.
    return moved ?? 0;
  }

  holdsStock(subject: { readonly productId: string } | { readonly locationId: string }): boolean {
    return this.#facts.holders.has("productId" in subject ? `p${subject.productId}` : `l${subject.locationId}`);
  }
}

/** Loads into the cache what the commands touch, asks the database what the cache never holds, and returns the state. */
export async function loadState(
  transaction: GroupTransaction,
  cache: StateCache,
  commands: readonly Command[],
): Promise<State> {
  const missing = missingOf(cache, commands);
  await Promise.all([loadItems(transaction, cache, missing.items), loadProducts(transaction, cache, missing.products)]);
  const facts: Facts = { skuOwners: new Map(), moved: new Map(), holders: new Set() };
  await loadSkuOwners(transaction, cache.partitionCount, commands, facts);
  await loadMoved(transaction, cache, commands, facts);
  await loadHolders(transaction, cache.partitionCount, commands, facts);
  return new LoadedState(cache, facts);
}

interface Missing {
  readonly items: Map<string, { partition: number; productId: string; locationId: string }>;
  readonly products: Map<string, { partition: number; productId: string }>;
}

/** What the commands touch and the cache does not hold: usually nothing. */
function missingOf(cache: StateCache, commands: readonly Command[]): Missing {
  const missing: Missing = { items: new Map(), products: new Map() };
  for (const command of commands) {
    if (command.kind === "product")
      needProduct(cache, missing, partitionOf(command.productId, cache.partitionCount), command.productId);
    if (command.kind !== "inventory") continue;
    for (const { productId, locationId } of command.lines) {
      const partition = partitionOf(productId, cache.partitionCount);
      needProduct(cache, missing, partition, productId);
      if (cache.item(partition, productId, locationId) === undefined) {
        missing.items.set(`${productId}\n${locationId}`, { partition, productId, locationId });
      }
    }
  }
  return missing;
}

function needProduct(cache: StateCache, missing: Missing, partition: number, productId: string): void {
  if (cache.product(partition, productId) === undefined) missing.products.set(productId, { partition, productId });
}

async function loadItems(transaction: GroupTransaction, cache: StateCache, missing: Missing["items"]): Promise<void> {
  if (missing.size === 0) return;
  const keys = [...missing.values()];
  const found = await transaction.items(keys);
  for (const key of keys) cache.putItem(key.partition, key.productId, key.locationId, null);
  for (const item of found) cache.putItem(item.partition, item.productId, item.locationId, item);
}

async function loadProducts(
  transaction: GroupTransaction,
  cache: StateCache,
  missing: Missing["products"],
): Promise<void> {
  if (missing.size === 0) return;
  const keys = [...missing.values()];
  const found = await transaction.products(keys);
  for (const key of keys) cache.putProduct(key.partition, key.productId, null);
  for (const { partition, product } of found) cache.putProduct(partition, product.productId, product);
}

async function loadSkuOwners(
  transaction: GroupTransaction,
  partitionCount: number,
  commands: readonly Command[],
  facts: Facts,
): Promise<void> {
  const skus = new Set<string>();
  for (const command of commands) {
    if (command.kind !== "product" || command.operation.kind === "delete") continue;
    const sku = command.operation.kind === "patch" ? command.operation.fields.sku : command.operation.document.sku;
    if (sku !== undefined) skus.add(sku);
  }
  if (skus.size === 0) return;
  const owners = await transaction.skuOwners(
    [...skus].map((sku) => ({ partition: partitionOf(sku, partitionCount), sku })),
  );
  for (const [sku, productId] of owners) facts.skuOwners.set(sku, productId);
}

/** Walks back what moved since each count, every item and moment once; the statements are sent together. */
async function loadMoved(
  transaction: GroupTransaction,
  cache: StateCache,
  commands: readonly Command[],
  facts: Facts,
): Promise<void> {
  const wanted = new Map<string, { item: Item; momentMs: number }>();
  for (const command of commands) {
    if (command.kind !== "inventory") continue;
    for (const { productId, locationId, change } of command.lines) {
      if (change.countedAtMs === undefined) continue;
      const item = cache.item(partitionOf(productId, cache.partitionCount), productId, locationId);
      if (item) wanted.set(movedKey(item, change.countedAtMs), { item, momentMs: change.countedAtMs });
    }
  }
  const walks = [...wanted].map(async ([key, { item, momentMs }]) => {
    facts.moved.set(key, await transaction.movedSince(item, momentMs, futureToleranceMs));
  });
  await Promise.all(walks);
}

async function loadHolders(
  transaction: GroupTransaction,
  partitionCount: number,
  commands: readonly Command[],
  facts: Facts,
): Promise<void> {
  for (const command of commands) {
    if (command.kind === "inventory" || command.operation.kind !== "delete") continue;
    if (command.kind === "location") {
      if (await transaction.locationHoldsStock(command.locationId)) facts.holders.add(`l${command.locationId}`);
    } else if (await transaction.productHoldsStock(partitionOf(command.productId, partitionCount), command.productId)) {
      facts.holders.add(`p${command.productId}`);
    }
  }
}
