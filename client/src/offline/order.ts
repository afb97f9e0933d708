/** Which commands may be under way at the same time: those of different items, as far as that can be told from them. */
import type { Call } from "../call.ts";

/** How a command names its item. Two names of the same kind that differ are different items. */
export interface ItemName {
  readonly kind: "product" | "sku" | "inventory" | "other";
  readonly name: string;
}

/** The item of a call; `other` for calls that concern several, or something else. */
export function itemOf({ path, body }: Call): ItemName {
  const inventory = /^\/v1\/inventory\/(inv_[^/]+)$/.exec(path);
  if (inventory !== null) return { kind: "inventory", name: inventory[1]! };
  const { productId, sku, locationId } = (body ?? {}) as Partial<Record<string, unknown>>;
  if (path === "/v1/inventory" && typeof locationId === "string") {
    if (typeof productId === "string") return { kind: "product", name: `${productId}/${locationId}` };
    if (typeof sku === "string") return { kind: "sku", name: `${sku}/${locationId}` };
  }
  return { kind: "other", name: path };
}

/** Whether a command must wait for an earlier one: it may be about the same item. */
export function mustWaitFor(earlier: ItemName, later: ItemName): boolean {
  // An item named by its SKU here and by its product there would not be recognised.
  if (earlier.kind === "other" || later.kind === "other" || earlier.kind !== later.kind) return true;
  return earlier.name === later.name;
}
