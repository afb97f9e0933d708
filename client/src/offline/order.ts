/** What may be under way at the same time: what is about different items, as far as that can be told. */
import type { Call } from "../call.ts";

/** How something names its item. Two names of the same kind that differ are different items. */
export interface ItemName {
  readonly kind: "product" | "sku" | "inventory" | "other";
  readonly name: string;
}

/** The item of a call; `other` for calls that concern several, or something else. */
export function itemOf({ path, body }: Call): ItemName {
  const inventory = /^\/v1\/inventory\/(inv_[^/]+)$/.exec(path);
  if (inventory !== null) return { kind: "inventory", name: inventory[1]! };
  if (path === "/v1/inventory") return itemNamed((body ?? {}) as object) ?? { kind: "other", name: path };
  return { kind: "other", name: path };
}

/** The item that fields name; null when they name none, or by a code that only the server can read. */
export function itemNamed(fields: object): ItemName | null {
  const { productId, sku, locationId } = fields as Partial<Record<string, unknown>>;
  if (typeof locationId !== "string") return null;
  if (typeof productId === "string") return { kind: "product", name: `${productId}/${locationId}` };
  if (typeof sku === "string") return { kind: "sku", name: `${sku}/${locationId}` };
  return null;
}

/** Names of what comes before something else. */
export class Names {
  readonly #names = new Set<string>();
  readonly #kinds = new Set<ItemName["kind"]>();

  add({ kind, name }: ItemName): void {
    this.#kinds.add(kind);
    this.#names.add(`${kind} ${name}`);
  }

  /** Whether something with this name must wait for one of those: it may be about the same item. */
  mayConcern({ kind, name }: ItemName): boolean {
    if (this.#kinds.size === 0) return false;
    if (kind === "other" || this.#kinds.has("other")) return true;
    // An item named by its SKU here and by its product there would not be recognised.
    if (this.#kinds.size > 1 || !this.#kinds.has(kind)) return true;
    return this.#names.has(`${kind} ${name}`);
  }
}
