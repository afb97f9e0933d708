/** Items of a product where some were changed. */
import type { Item } from "./item.ts";

/**
 * Items of a product at some locations, with those that were changed in their place.
 * @param changed of any product, by whatever key
 */
export function withChanged(
  items: readonly Item[],
  changed: ReadonlyMap<string, Item>,
  productId: string,
  locationIds: readonly string[],
): readonly Item[] {
  const own = [...changed.values()].filter((item) => item.productId === productId);
  if (own.length === 0) return items;
  const there = new Set(locationIds);
  const ownIds = new Set(own.map(({ locationId }) => locationId));
  return [
    ...items.filter(({ locationId }) => !ownIds.has(locationId)),
    ...own.filter(({ locationId }) => there.has(locationId)),
  ];
}
