/**
 * Loads what a group of commands needs to be decided, under its locks. What the cache holds is not asked for again, so
 * usually there is nothing to load; otherwise it takes a handful of statements, however many the commands are.
 */
import type { Command } from "../core/command.ts";
import { momentsOfCount } from "../core/inventory/containment.ts";
import type { Item } from "../core/inventory/item.ts";
import { itemsOf, ordersOf } from "../core/needs.ts";
import { orderLimits, type StockOrder } from "../core/orders/order.ts";
import { partitionOf } from "../core/record/partition.ts";
import { channelLevelKey, type Holder, type ItemPlace, itemKey } from "../core/state.ts";
import type { GroupTransaction } from "../journal/group-transaction.ts";
import { TooMuchToWalk } from "./errors.ts";
import { holdingsOf, type LevelPlace, levelsOf, productsOf } from "./group-needs.ts";
import { type Facts, LoadedState, movedKey, noFacts } from "./group-state.ts";
import { partitionOfOrder } from "./order-place.ts";
import type { CoveredLocations } from "./partition-cache.ts";
import type { StateCache } from "./state-cache.ts";

/** The group that is being loaded. */
interface Loading {
  readonly transaction: GroupTransaction;
  readonly cache: StateCache;
  readonly commands: readonly Command[];
  readonly state: LoadedState;
  readonly facts: Facts;
  readonly nowMs: number;
}

/**
 * Loads into the cache what the commands touch, asks the database what the cache never holds, and returns the state.
 * @param locked partitions whose heads are locked
 * @param nowMs the database's time: what has expired by then is due
 */
export async function loadState(
  transaction: GroupTransaction,
  cache: StateCache,
  commands: readonly Command[],
  locked: readonly number[],
  nowMs: number,
): Promise<LoadedState> {
  const facts = noFacts();
  const state = new LoadedState(cache, locked, facts);
  const loading = { transaction, cache, commands, state, facts, nowMs };
  await Promise.all([loadOrders(loading), loadHoldings(loading)]);
  const suspected = await loadCached(loading);
  await Promise.all([loadDue(loading, suspected), loadSkuOwners(loading), loadMoved(loading), loadHolders(loading)]);
  return state;
}

/** Orders that commands name, and those that a buyer's newer hold takes the place of. */
async function loadOrders({ transaction, cache, commands, state, facts }: Loading): Promise<void> {
  const buyers = new Set<string>();
  const named = new Set<string>();
  for (const command of commands) {
    if (command.kind === "reserve" && command.supersedes && command.buyerKey !== null) buyers.add(command.buyerKey);
    for (const orderId of ordersOf(command)) named.add(orderId);
  }
  if (buyers.size === 0 && named.size === 0) return;
  const open = buyers.size === 0 ? [] : await transaction.openReservations([...buyers], orderLimits.supersededMax + 1);
  for (const { orderId } of open) named.add(orderId);
  const missing = [...named].flatMap((orderId) => {
    const partition = partitionOfOrder(orderId, cache.partitionCount);
    const isKnown = state.isNotYet(orderId) || (state.isLocked(partition!) && cache.orderLines(orderId) !== undefined);
    return isKnown ? [] : [{ partition: partition!, orderId }];
  });
  if (missing.length > 0) {
    const unknown = new Set(missing.map(({ orderId }) => orderId));
    for (const { order, lines } of await transaction.orders(missing)) {
      unknown.delete(order.orderId);
      if (order.partitions.every((partition) => state.isLocked(partition))) cache.putOrder(order, lines);
      else facts.elsewhere.set(order.orderId, { order, lines });
    }
    for (const orderId of unknown) cache.putNoOrder(orderId);
  }
  const age = (orderId: string): number => (state.order(orderId) as StockOrder).createdAtMs;
  for (const [buyerKey, found] of Map.groupBy(open, (each) => each.buyerKey)) {
    const ids = found.map(({ orderId }) => orderId).filter((id) => state.orderLines(id).some((line) => line.held > 0));
    facts.openReservations.set(
      buyerKey,
      ids.sort((a, b) => age(a) - age(b) || (a < b ? -1 : 1)),
    );
  }
}

/** Items, products and channel levels that are missing. @returns items of which something may be due */
async function loadCached({ transaction, cache, commands, state, nowMs }: Loading): Promise<readonly ItemPlace[]> {
  const concerned = new Map<string, ItemPlace>();
  const items = new Map<string, ItemPlace>();
  const products = new Map<string, { partition: number; productId: string }>();
  const levels = new Map<string, LevelPlace>();
  const needProduct = (place: { partition: number; productId: string }): void => {
    if (cache.product(place.partition, place.productId) === undefined) products.set(place.productId, place);
  };
  for (const command of commands) {
    const places = itemsOf(command, state);
    for (const place of places) {
      const { partition, productId, locationId } = place;
      // What lies in partitions that are not locked is only told apart, never decided on.
      if (!state.isLocked(partition)) continue;
      needProduct(place);
      const isMissing = cache.item(partition, productId, locationId) === undefined;
      if (!isMissing && !cache.mayBeDue(place, nowMs)) continue;
      const key = itemKey(productId, locationId);
      concerned.set(key, place);
      if (isMissing) items.set(key, place);
    }
    for (const product of productsOf(command, cache.partitionCount)) needProduct(product);
    for (const level of levelsOf(command, places, state)) {
      const key = channelLevelKey(level.productId, level.channelId);
      const other = levels.get(key);
      if (other === undefined || level.readsItems || other.locationIds.length === 0) levels.set(key, level);
    }
  }
  // A walk looks at what is stored: another server's may have changed it without an entry.
  const walked = new Set(
    commands.flatMap((command) => (command.kind === "channel-refresh" ? [command.channelId] : [])),
  );
  const unknown = [...levels.values()].filter(
    ({ partition, productId, channelId }) =>
      walked.has(channelId) || cache.channelLevel(partition, productId, channelId) === undefined,
  );
  await Promise.all([
    loadItems(transaction, cache, [...items.values()]),
    loadProducts(transaction, cache, [...products.values()]),
    loadChannelLevels(transaction, cache, unknown),
  ]);
  await loadBehind(transaction, cache, [...levels.values()]);
  return [...concerned.values()].filter((place) => cache.mayBeDue(place, nowMs));
}

async function loadItems(
  transaction: GroupTransaction,
  cache: StateCache,
  places: readonly ItemPlace[],
): Promise<void> {
  if (places.length === 0) return;
  const found = await transaction.items(places);
  for (const { partition, productId, locationId } of places) cache.putItem(partition, productId, locationId, null);
  for (const { item, nextExpiryMs } of found) {
    cache.putItem(item.partition, item.productId, item.locationId, item);
    cache.setExpiry(item, nextExpiryMs);
  }
}

/** Items that levels are made from, where there is none yet: of each product all that there are, with one statement. */
async function loadBehind(
  transaction: GroupTransaction,
  cache: StateCache,
  levels: readonly LevelPlace[],
): Promise<void> {
  const missing = levels.filter(
    ({ partition, productId, channelId, locationIds, readsItems }) =>
      (readsItems || cache.channelLevel(partition, productId, channelId) === null) &&
      !cache.coversItems(partition, productId, locationIds),
  );
  if (missing.length === 0) return;
  const lists = new Set(missing.map(({ locationIds }) => locationIds));
  const coverage: CoveredLocations = { lists, locationIds: new Set([...lists].flat()) };
  const products = new Map(missing.map(({ partition, productId }) => [productId, { partition, productId }]));
  const found = await transaction.itemsAt([...products.values()], [...coverage.locationIds]);
  for (const { item, nextExpiryMs } of found) {
    cache.putItem(item.partition, item.productId, item.locationId, item);
    cache.setExpiry(item, nextExpiryMs);
  }
  for (const { partition, productId } of products.values()) cache.coverItems(partition, productId, coverage);
}

async function loadProducts(
  transaction: GroupTransaction,
  cache: StateCache,
  keys: readonly { partition: number; productId: string }[],
): Promise<void> {
  if (keys.length === 0) return;
  const found = await transaction.products(keys);
  for (const key of keys) cache.putProduct(key.partition, key.productId, null);
  for (const { partition, product } of found) cache.putProduct(partition, product.productId, product);
}

async function loadChannelLevels(
  transaction: GroupTransaction,
  cache: StateCache,
  keys: readonly { partition: number; productId: string; channelId: string }[],
): Promise<void> {
  if (keys.length === 0) return;
  const found = await transaction.channelLevels(keys);
  for (const key of keys) cache.putChannelLevel(key.partition, key.productId, key.channelId, null);
  for (const level of found) cache.putChannelLevel(level.partition, level.productId, level.channelId, level);
}

/** What is due of items, asked only where something may be. */
async function loadDue({ transaction, facts, nowMs }: Loading, suspected: readonly ItemPlace[]): Promise<void> {
  if (suspected.length === 0) return;
  const { lines, next } = await transaction.due(suspected, nowMs, orderLimits.dueLinesMax + 1);
  facts.isDueComplete = lines.length <= orderLimits.dueLinesMax;
  for (const line of lines.slice(0, orderLimits.dueLinesMax)) {
    const key = itemKey(line.productId, line.locationId!);
    const known = facts.due.get(key);
    if (known === undefined) facts.due.set(key, [line]);
    else known.push(line);
  }
  if (!facts.isDueComplete) return;
  const nextExpiries = new Map(next.map((row) => [itemKey(row.productId, row.locationId), row.expiresAtMs]));
  facts.checked = suspected.map((place) => {
    const key = itemKey(place.productId, place.locationId);
    return { place, due: facts.due.get(key) ?? [], nextExpiryMs: nextExpiries.get(key) ?? null };
  });
}

/** What the holders hold already whom limits concern. */
async function loadHoldings({ transaction, cache, commands }: Loading): Promise<void> {
  const byActor = new Map<string, { partition: number; productId: string; holder: string }>();
  const byBuyer: typeof byActor = new Map();
  for (const command of commands) {
    if (command.kind !== "reserve") continue;
    for (const { partition, productId, holder } of holdingsOf(command, cache.partitionCount)) {
      if (cache.holding(partition, productId, holder) !== undefined) continue;
      const name = nameOf(holder);
      ("actor" in holder ? byActor : byBuyer).set(`${productId}\n${name}`, { partition, productId, holder: name });
    }
  }
  const load = async (by: "holder" | "buyer_key", keys: typeof byActor): Promise<void> => {
    if (keys.size === 0) return;
    const found = Map.groupBy(
      await transaction.holdings(by, [...keys.values()]),
      (row) => `${row.productId}\n${row.holder}`,
    );
    for (const [key, { partition, productId, holder }] of keys) {
      const holding = new Map((found.get(key) ?? []).map(({ locationId, held }) => [locationId, held]));
      cache.putHolding(partition, productId, by === "holder" ? { actor: holder } : { buyerKey: holder }, holding);
    }
  };
  await Promise.all([load("holder", byActor), load("buyer_key", byBuyer)]);
}

const nameOf = (holder: Holder): string => ("actor" in holder ? holder.actor : holder.buyerKey);

async function loadSkuOwners({ transaction, cache, commands, facts }: Loading): Promise<void> {
  const skus = new Set<string>();
  for (const command of commands) {
    if (command.kind !== "product" || command.operation.kind === "delete") continue;
    const sku = command.operation.kind === "patch" ? command.operation.fields.sku : command.operation.document.sku;
    if (sku !== undefined) skus.add(sku);
  }
  if (skus.size === 0) return;
  const owners = await transaction.skuOwners(
    [...skus].map((sku) => ({ partition: partitionOf(sku, cache.partitionCount), sku })),
  );
  for (const [sku, productId] of owners) facts.skuOwners.set(sku, productId);
}

/**
 * Walks back what moved since counts, each item once.
 * @throws TooMuchToWalk when the group may not look back that far, and fewer commands at a time may do
 */
async function loadMoved({ transaction, cache, commands, facts }: Loading): Promise<void> {
  const wanted = new Map<Item, Set<number>>();
  for (const command of commands) {
    if (command.kind !== "inventory") continue;
    for (const { productId, locationId, change, clock } of command.lines) {
      const moments = momentsOfCount(change, clock);
      const item =
        moments.length === 0 ? null : cache.item(partitionOf(productId, cache.partitionCount), productId, locationId);
      if (!item) continue;
      const known = wanted.get(item) ?? new Set();
      wanted.set(item, known);
      for (const momentMs of moments) known.add(momentMs);
    }
  }
  if (wanted.size === 0) return;
  const items = [...wanted.keys()];
  const { since, isSpent } = await transaction.walkBack(
    items.map((item) => ({ ...item, momentsMs: wanted.get(item)! })),
  );
  if (isSpent && commands.length > 1) throw new TooMuchToWalk();
  for (const [index, item] of items.entries())
    for (const [momentMs, found] of since[index]!) facts.moved.set(movedKey(item, momentMs), found);
}

async function loadHolders({ transaction, cache, commands, facts }: Loading): Promise<void> {
  for (const command of commands) {
    if (command.kind === "location" && command.operation.kind === "delete") {
      if (await transaction.locationHoldsStock(command.locationId)) facts.holders.add(`l${command.locationId}`);
    } else if (command.kind === "product" && command.operation.kind === "delete") {
      const { productId } = command;
      if (await transaction.productHoldsStock(partitionOf(productId, cache.partitionCount), productId))
        facts.holders.add(`p${productId}`);
    }
  }
}
