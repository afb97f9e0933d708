/**
 * Every location and every channel: they are few, and each server holds them all, as of the cached head of the control
 * partition. What follows from them (groups, and who sells from where) is worked out when it is first asked.
 *
 * It never changes: a group is loaded for and decided on the one that there was when it began, whatever other lanes
 * commit meanwhile.
 */
import type { Channel, Location } from "../core/catalogue/catalogue.ts";

/** A channel in use with what its document comes to. */
interface Seller {
  readonly channel: Channel;
  /** Locations in use, in the order in which they are taken from. */
  readonly locationIds: readonly string[];
  /** Null: all products. */
  readonly products: ReadonlySet<string> | null;
}

/** Channels in use that sell from somewhere. */
interface Sellers {
  readonly sellers: readonly Seller[];
  /** Those channels, when all of them sell every product; null otherwise. */
  readonly ofAnyProduct: readonly Channel[] | null;
}

interface Derived {
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly sellers: Sellers;
  readonly sellersByLocation: ReadonlyMap<string, Sellers>;
  readonly locationsByChannel: ReadonlyMap<Channel, readonly string[]>;
}

const none: readonly never[] = [];

const sellersOf = (sellers: readonly Seller[]): Sellers => ({
  sellers,
  ofAnyProduct: sellers.every(({ products }) => products === null) ? sellers.map(({ channel }) => channel) : null,
});

export class CatalogueCache {
  readonly #locations: ReadonlyMap<string, Location>;
  readonly #channels: ReadonlyMap<string, Channel>;
  #derived: Derived | null = null;

  constructor(locations: readonly Location[], channels: readonly Channel[]) {
    this.#locations = new Map(locations.map((location) => [location.locationId, location]));
    this.#channels = new Map(channels.map((channel) => [channel.channelId, channel]));
  }

  /** @returns what there is once some locations and channels are these, new ones or others than before */
  with(locations: Iterable<Location>, channels: Iterable<Channel>): CatalogueCache {
    return new CatalogueCache([...this.#locations.values(), ...locations], [...this.#channels.values(), ...channels]);
  }

  location(locationId: string): Location | null {
    return this.#locations.get(locationId) ?? null;
  }

  channel(channelId: string): Channel | null {
    return this.#channels.get(channelId) ?? null;
  }

  /** Locations in use that belong to a group, by id. */
  locationsOfGroup(group: string): readonly string[] {
    this.#derived ??= this.#derive();
    return this.#derived.groups.get(group) ?? none;
  }

  /** Locations in use that a channel takes from, in its order. */
  locationsOfChannel(channel: Channel): readonly string[] {
    this.#derived ??= this.#derive();
    return this.#derived.locationsByChannel.get(channel) ?? this.#locationsOf(channel, this.#derived.groups);
  }

  /** Channels in use that sell a product from a location, null: from anywhere. */
  channelsSelling(productId: string, locationId: string | null): readonly Channel[] {
    if (this.#channels.size === 0) return none;
    this.#derived ??= this.#derive();
    const there = locationId === null ? this.#derived.sellers : this.#derived.sellersByLocation.get(locationId);
    if (there === undefined) return none;
    if (there.ofAnyProduct !== null) return there.ofAnyProduct;
    return there.sellers.filter(({ products }) => products?.has(productId) ?? true).map(({ channel }) => channel);
  }

  #derive(): Derived {
    const groups = new Map<string, string[]>();
    const active = [...this.#locations.values()].filter(({ life }) => life === "active");
    active.sort((a, b) => (a.locationId < b.locationId ? -1 : 1));
    for (const { locationId, document } of active) {
      for (const group of new Set(document.groups)) {
        const members = groups.get(group);
        if (members === undefined) groups.set(group, [locationId]);
        else members.push(locationId);
      }
    }
    const sellers = [...this.#channels.values()]
      .filter(({ life }) => life === "active")
      .map((channel) => ({
        channel,
        locationIds: this.#locationsOf(channel, groups),
        products: channel.document.products === null ? null : new Set(channel.document.products),
      }));
    const sellersByLocation = new Map<string, Seller[]>();
    for (const seller of sellers) {
      for (const locationId of seller.locationIds) {
        const known = sellersByLocation.get(locationId);
        if (known === undefined) sellersByLocation.set(locationId, [seller]);
        else known.push(seller);
      }
    }
    return {
      groups,
      sellers: sellersOf(sellers),
      sellersByLocation: new Map([...sellersByLocation].map(([id, those]) => [id, sellersOf(those)])),
      locationsByChannel: new Map(sellers.map(({ channel, locationIds }) => [channel, locationIds])),
    };
  }

  #locationsOf({ document }: Channel, groups: Derived["groups"]): readonly string[] {
    const named = document.locations.filter((id) => this.#locations.get(id)?.life === "active");
    return [...new Set([...named, ...document.locationGroups.flatMap((group) => groups.get(group) ?? [])])];
  }
}
