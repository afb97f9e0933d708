/** A small Onhand in memory: what the client's view is compared with. It keeps every event, and lists as the server does. */
import type { InventoryItem } from "@onhand/protocol/resources";
import type { FeedEvent } from "../../src/index.ts";

export type Life = "active" | "archived" | "deleted";
interface Subject {
  life: Life;
  version: number;
  sku: string;
}
interface Held {
  item: InventoryItem;
  life: Life;
}

const products = ["p0", "p1", "p2"] as const;
const locations = ["l0", "l1"] as const;
const ranks: readonly Life[] = ["active", "archived", "deleted"];

/** What may happen, as plain data for generators. */
export type Deed =
  | { readonly kind: "move"; readonly product: number; readonly location: number; readonly by: number }
  | {
      readonly kind: "retire";
      readonly product: number;
      readonly location: number;
      readonly life: "archived" | "deleted";
    }
  /** Units are held or let go: the item changes, and perhaps what it is told to be (`alert`), by a notice behind it. */
  | { readonly kind: "hold"; readonly product: number; readonly location: number; readonly by: number }
  /** A notice of something else: an item is told of and keeps its version. */
  | { readonly kind: "notice"; readonly product: number; readonly location: number }
  /** Nothing of it is about an item. */
  | { readonly kind: "elsewhere"; readonly type: string }
  | { readonly kind: "product"; readonly product: number; readonly life: Life; readonly renamed: boolean }
  | { readonly kind: "location"; readonly location: number; readonly life: Life };

export class ModelShop {
  readonly events: FeedEvent[] = [];
  /** Rises when the history is replaced; cursors of another one are refused. */
  epoch = 0;
  #items = new Map<string, Held>();
  #products = new Map<string, Subject>(products.map((id) => [id, { life: "active", version: 1, sku: `S-${id}` }]));
  #locations = new Map<string, Subject>(locations.map((id) => [id, { life: "active", version: 1, sku: "" }]));

  get cursor(): string {
    return this.#cursorAt(this.events.length);
  }

  /** Some events before a cursor. */
  before(cursor: string, count: number): string {
    return this.#cursorAt(Math.max(0, Number(cursor.split(".")[1]) - count));
  }

  /** @returns the events behind a cursor; null when it is of another history */
  after(cursor: string): readonly FeedEvent[] | null {
    const [epoch, position] = cursor.split(".").map(Number);
    return epoch === this.epoch && position! <= this.events.length ? this.events.slice(position) : null;
  }

  /** As `GET /v1/inventory?status=all` shows it. */
  list(): InventoryItem[] {
    return [...this.#items.values()]
      .flatMap(({ item, life }) => {
        const sku = this.#products.get(item.productId)!.sku;
        const shown = this.#lifeOf(item, life);
        return shown === "deleted" ? [] : [{ ...item, sku, status: shown }];
      })
      .sort((one, other) => keyOf(one).localeCompare(keyOf(other)));
  }

  do(deed: Deed): void {
    if (deed.kind === "product") this.#changeProduct(products[deed.product]!, deed.life, deed.renamed);
    else if (deed.kind === "location") this.#changeLocation(locations[deed.location]!, deed.life);
    else if (deed.kind === "move") this.#move(products[deed.product]!, locations[deed.location]!, deed.by);
    else if (deed.kind === "hold") this.#hold(products[deed.product]!, locations[deed.location]!, deed.by);
    else if (deed.kind === "notice") this.#notice(products[deed.product]!, locations[deed.location]!);
    else if (deed.kind === "elsewhere") this.#say(deed.type, "elsewhere", { order: {}, channelId: "c", available: 1 });
    else this.#retire(products[deed.product]!, locations[deed.location]!, deed.life);
  }

  /** Forgets the newest events, as a restore from a backup does. */
  restore(kept: ModelShop): void {
    this.epoch += 1;
    this.events.splice(0, this.events.length, ...structuredClone(kept.events));
    this.#items = structuredClone(kept.#items);
    this.#products = structuredClone(kept.#products);
    this.#locations = structuredClone(kept.#locations);
  }

  copy(): ModelShop {
    const copy = new ModelShop();
    copy.restore(this);
    return copy;
  }

  #cursorAt(position: number): string {
    return `${this.epoch}.${position}`;
  }

  #lifeOf(item: InventoryItem, life: Life): Life {
    const lives = [life, this.#products.get(item.productId)!.life, this.#locations.get(item.locationId)!.life];
    return ranks[Math.max(...lives.map((each) => ranks.indexOf(each)))]!;
  }

  #move(productId: string, locationId: string, by: number): void {
    const product = this.#products.get(productId)!;
    if (product.life !== "active" || this.#locations.get(locationId)!.life !== "active") return;
    const held = this.#items.get(`${productId}/${locationId}`);
    if (held?.life === "archived") return;
    const base = held === undefined || held.life === "deleted" ? null : held.item;
    const stockLevel = (base?.stockLevel ?? 0) + by;
    const item = itemOf(productId, locationId, product.sku, stockLevel, (held?.item.version ?? 0) + 1, this.#now());
    this.#items.set(keyOf(item), { item, life: "active" });
    this.#say("inventory.adjusted.v1", productId, { item, previous: base });
  }

  #hold(productId: string, locationId: string, by: number): void {
    const held = this.#items.get(`${productId}/${locationId}`);
    if (held === undefined || this.#lifeOf(held.item, held.life) !== "active") return;
    const { alert, ...rest } = held.item;
    const reservedStock = Math.max(0, rest.reservedStock + by);
    const levels = { reservedStock, availableStock: rest.stockLevel - reservedStock };
    const states = { damaged: 0, qualityControl: reservedStock % 3, quarantine: 0, expired: 0 };
    const sku = this.#products.get(productId)!.sku;
    const told = alert === undefined ? {} : { alert };
    const moved = { ...rest, ...levels, sku, states, version: rest.version + 1, lastUpdated: this.#now(), ...told };
    const type = by > 0 ? "inventory.reserved.v1" : "inventory.hold_expired.v1";
    this.#say(type, productId, { item: moved, previous: held.item, order: {} });
    const isLow = moved.availableStock < 5;
    const { alert: _, ...calm } = moved;
    const item = isLow ? { ...calm, alert: "low" as const } : calm;
    this.#items.set(keyOf(item), { item, life: held.life });
    if (isLow !== (alert !== undefined))
      this.#say(`inventory.${isLow ? "low" : "back"}.v1`, productId, { item, previous: moved, notice: {} });
  }

  #notice(productId: string, locationId: string): void {
    const held = this.#items.get(`${productId}/${locationId}`);
    if (held === undefined || this.#lifeOf(held.item, held.life) !== "active") return;
    const item = { ...held.item, sku: this.#products.get(productId)!.sku, lastUpdated: this.#now() };
    this.#items.set(keyOf(item), { item, life: held.life });
    this.#say("inventory.unusual.v1", productId, { item, previous: held.item, notice: {} });
  }

  #retire(productId: string, locationId: string, life: "archived" | "deleted"): void {
    const held = this.#items.get(`${productId}/${locationId}`);
    if (held === undefined || held.life === "deleted") return;
    const status = life === "archived" ? "archived" : "active";
    const sku = this.#products.get(productId)!.sku;
    const item = { ...held.item, sku, status, version: held.item.version + 1, lastUpdated: this.#now() };
    this.#items.set(keyOf(item), { item, life });
    this.#say(`inventory.${life}.v1`, productId, { item, previous: held.item });
  }

  #changeProduct(productId: string, life: Life, renamed: boolean): void {
    const before = this.#products.get(productId)!;
    // What was deleted can only be created again.
    if (before.life === "deleted" && life !== "active") return;
    const version = before.version + 1;
    const sku = renamed ? `S-${productId}-${version}` : before.sku;
    this.#products.set(productId, { life, version, sku });
    const product = { productId, sku, version, status: life === "archived" ? "archived" : "active" };
    this.#say(`product.${verbOf(before.life, life)}.v1`, productId, { product });
  }

  #changeLocation(locationId: string, life: Life): void {
    const before = this.#locations.get(locationId)!;
    // What was deleted can only be created again.
    if (before.life === "deleted" && life !== "active") return;
    const version = before.version + 1;
    this.#locations.set(locationId, { ...before, life, version });
    const location = { locationId, version, groups: [], status: life === "archived" ? "archived" : "active" };
    this.#say(`location.${verbOf(before.life, life)}.v1`, locationId, { location });
  }

  #now(): string {
    return new Date(Date.UTC(2020, 0, 1) + this.events.length * 1000 + this.epoch).toISOString();
  }

  #say(type: string, partitionkey: string, told: object): void {
    const cursor = this.#cursorAt(this.events.length + 1);
    const event = { specversion: "1.0", id: `e${cursor}`, type, partitionkey, time: this.#now() };
    this.events.push({ ...event, data: { cursor, ...told } } as unknown as FeedEvent);
  }
}

const verbOf = (before: Life, after: Life): string => {
  if (before === "deleted" && after !== "deleted") return "created";
  return before === after || after === "active" ? "updated" : after;
};

const keyOf = ({ productId, locationId }: InventoryItem): string => `${productId}/${locationId}`;

function itemOf(
  productId: string,
  locationId: string,
  sku: string,
  stockLevel: number,
  version: number,
  lastUpdated: string,
): InventoryItem {
  return {
    inventoryId: `inv_${productId}${locationId}`,
    productId,
    sku,
    locationId,
    stockLevel,
    reservedStock: 0,
    unavailableStock: 0,
    incomingStock: 0,
    availableStock: stockLevel,
    safetyStock: 0,
    reorderPoint: null,
    status: "active",
    lastUpdated,
    version,
  };
}
