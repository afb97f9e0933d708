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
