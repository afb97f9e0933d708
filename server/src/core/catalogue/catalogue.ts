/** Products and locations as the writer knows them. */
import type { LifeState } from "@onhand/protocol/vocabulary";

/** Fields that a caller may set on a product; money as decimal strings, never floats. */
export interface ProductDocument {
  readonly sku: string;
  readonly name: string;
  readonly description: string | null;
  /** Decimal string, e.g. "49.99". */
  readonly price: string | null;
  readonly currency: string;
  /** Further prices by ISO 4217 code, as decimal strings. */
  readonly prices: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Fields that a caller may set on a location. */
export interface LocationDocument {
  readonly name: string;
  readonly type: string;
  readonly region: string | null;
  readonly timezone: string | null;
  readonly currency: string | null;
  readonly groups: readonly string[];
}

export interface Versioned {
  /** Changes so far; goes on counting when a deleted id is created again. */
  readonly version: number;
  readonly life: LifeState;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface Product extends Versioned {
  readonly productId: string;
  readonly document: ProductDocument;
}

export interface Location extends Versioned {
  readonly locationId: string;
  readonly document: LocationDocument;
}

/** Where a channel sells from, what, and how much of it is kept from it. */
export interface ChannelDocument {
  readonly name: string;
  /** Locations in the order in which they are taken from. */
  readonly locations: readonly string[];
  /** Groups of locations, behind the named ones. */
  readonly locationGroups: readonly string[];
  /** Products it sells; null for all. */
  readonly products: readonly string[] | null;
  /** Units of each product that are hidden from it, for what it shows lags behind. */
  readonly buffer: number;
  /** Other buffers, by product. */
  readonly buffers: Readonly<Record<string, number>>;
}

export interface Channel extends Versioned {
  readonly channelId: string;
  readonly document: ChannelDocument;
}

/** What a channel may sell of a product. */
export interface ChannelLevel {
  readonly partition: number;
  readonly productId: string;
  readonly channelId: string;
  /** Sum over its locations of available − safety stock, each never below zero. */
  readonly sellable: number;
  /** `sellable` less the buffer, never below zero: the number that was last told. */
  readonly available: number;
  /** Sequence of the entry that told it; 0 before the first. */
  readonly toldSequence: number;
}

/** The number that a channel is told. A product may be called like something that every object has: `constructor`. */
export function channelAvailable({ buffer, buffers }: ChannelDocument, productId: string, sellable: number): number {
  const hidden = Object.hasOwn(buffers, productId) ? buffers[productId]! : buffer;
  return Math.max(0, sellable - hidden);
}
