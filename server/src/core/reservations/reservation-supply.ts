/** What a new reservation may take: what is available, what older holds of the buyer give back, what a channel may have. */
import { type Channel, channelAvailable } from "../catalogue/catalogue.ts";
import { availableOf, type Item } from "../inventory/item.ts";
import { limits } from "../limits.ts";
import { type Draft, type ItemPlace, itemKey } from "../state.ts";

/** Keeps up with what the lines of one request take; the draft stays as it is. */
export class ReservationSupply {
  readonly #draft: Draft;
  readonly #channel: Channel | null;
  /** Units given back by superseded holds less units taken, by `itemKey`. */
  readonly #moved: Map<string, number>;
  readonly #capsLeft = new Map<string, number>();

  /** @param freed units that superseded holds give back, by `itemKey` */
  constructor(draft: Draft, channel: Channel | null, freed: ReadonlyMap<string, number>) {
    this.#draft = draft;
    this.#channel = channel;
    this.#moved = new Map(freed);
  }

  /** Units that can be taken of an item, never below zero. A channel leaves the safety stock. */
  at(place: ItemPlace): number {
    const item = this.item(place);
    if (item === null) return 0;
    const kept = this.#channel === null ? 0 : item.safetyStock;
    const moved = this.#moved.get(itemKey(place.productId, place.locationId)) ?? 0;
    return Math.max(0, availableOf(item) + moved - kept);
  }

  /** The item when it is in use. */
  item({ partition, productId, locationId }: ItemPlace): Item | null {
    const item = this.#draft.item(partition, productId, locationId);
    return item?.life === "active" ? item : null;
  }

  /** Units of a product that the channel may still have over all its locations; without a channel there is no end. */
  capLeft(partition: number, productId: string): number {
    if (this.#channel === null) return Number.POSITIVE_INFINITY;
    const known = this.#capsLeft.get(productId);
    if (known !== undefined) return known;
    // Asked before anything of the product is taken, so that this is what the channel may have in all.
    let sellable = 0;
    for (const locationId of this.#draft.locationsOfChannel(this.#channel)) {
      sellable += Math.min(limits.sellableUnitsMax, this.at({ partition, productId, locationId }));
    }
    const cap = channelAvailable(this.#channel.document, productId, sellable);
    this.#capsLeft.set(productId, cap);
    return cap;
  }

  take({ productId, locationId }: ItemPlace, quantity: number): void {
    const key = itemKey(productId, locationId);
    this.#moved.set(key, (this.#moved.get(key) ?? 0) - quantity);
    const cap = this.#capsLeft.get(productId);
    if (cap !== undefined) this.#capsLeft.set(productId, cap - quantity);
  }
}
