/**
 * What an event concerns, as one text: product and location, either of which may be missing, and behind them the channel
 * or the order that it tells of instead of an item. Ids have no slash.
 */

export interface ItemKeyParts {
  readonly productId: string | null;
  readonly locationId: string | null;
}

interface Subject extends ItemKeyParts {
  readonly channelId: string | null;
  readonly orderId: string | null;
}

/**
 * @returns e.g. `prod1/loc1`, `prod1/` for a product itself, `/loc1` for a location, `prod1//web` for what a channel may
 * sell of it, `//web` for a channel, `prod1/loc1/res_…` for a change of an order
 */
export function itemKeyOf({ productId, locationId, channelId, orderId }: Subject): string {
  const place = `${productId ?? ""}/${locationId ?? ""}`;
  const about = channelId ?? orderId;
  return about === null ? place : `${place}/${about}`;
}

/** The ids of product and location in a key. */
export function partsOfItemKey(itemKey: string): ItemKeyParts {
  const [productId = "", locationId = ""] = itemKey.split("/");
  return { productId: productId === "" ? null : productId, locationId: locationId === "" ? null : locationId };
}
