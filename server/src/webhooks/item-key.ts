/** What an event concerns, as one text: product and location, either of which may be missing. Ids have no slash. */

export interface ItemKeyParts {
  readonly productId: string | null;
  readonly locationId: string | null;
}

/** @returns e.g. `prod1/loc1`, `prod1/` for a product itself, `/loc1` for a location */
export const itemKeyOf = ({ productId, locationId }: ItemKeyParts): string => `${productId ?? ""}/${locationId ?? ""}`;

/** The ids in a key. */
export function partsOfItemKey(itemKey: string): ItemKeyParts {
  const [productId = "", locationId = ""] = itemKey.split("/");
  return { productId: productId === "" ? null : productId, locationId: locationId === "" ? null : locationId };
}
