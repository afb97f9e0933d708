/** What stock is worth in one currency: units times prices, at rates that the caller gives. Exact, never rounded. */
import type { Queryable } from "../db/pool.ts";
import { isWanted, type PlaceMap } from "./places.ts";
import { type ValueBasis, type ValueRow, valueByCurrency } from "./sql/valuation.ts";

export interface Valuation {
  readonly value: string;
  readonly units: number;
  readonly products: number;
  readonly unvalued: {
    readonly units: number;
    readonly products: number;
    readonly currencies: readonly string[];
    readonly withoutPrice: number;
  };
  readonly byCurrency: readonly {
    readonly currency: string;
    readonly rate: string;
    readonly units: number;
    readonly amount: string;
    readonly value: string;
  }[];
}

export class ValuationQueries {
  readonly #database: Queryable;
  readonly #places: PlaceMap;

  constructor(database: Queryable, places: PlaceMap) {
    this.#database = database;
    this.#places = places;
  }

  /**
   * @param rates decimal numbers by currency
   * @param locationGroup only its locations; null for all
   * @throws TooManyLocations
   */
  async value(
    currency: string,
    basis: ValueBasis,
    rates: Readonly<Record<string, string>>,
    locationGroup: string | null,
  ): Promise<Valuation> {
    const known = new Map([...Object.entries(rates), [currency, "1"] as const]);
    const locationIds = locationGroup === null ? null : await this.#locationsOf(locationGroup);
    const { rows } = await this.#database.query<ValueRow>(valueByCurrency(currency, basis, known, locationIds));
    return valuationOf(rows);
  }

  async #locationsOf(locationGroup: string): Promise<string[]> {
    const { all } = await this.#places.read();
    return all.filter((place) => isWanted(place, { locationGroup })).map((place) => place.locationId);
  }
}

/** @returns the sum over currencies, and what could not be valued */
export function valuationOf(rows: readonly ValueRow[]): Valuation {
  const sum = (of: readonly ValueRow[], field: "units" | "products"): number =>
    of.reduce((total, row) => total + Number(row[field]), 0);
  const valued = rows.filter((row) => row.value !== null);
  const unvalued = rows.filter((row) => row.value === null);
  return {
    value: addDecimals(valued.map((row) => row.value!)),
    units: sum(valued, "units"),
    products: sum(valued, "products"),
    unvalued: {
      units: sum(unvalued, "units"),
      products: sum(unvalued, "products"),
      currencies: unvalued.flatMap((row) => row.currency ?? []),
      withoutPrice: sum(
        unvalued.filter((row) => row.currency === null),
        "products",
      ),
    },
    byCurrency: valued.map((row) => ({
      currency: row.currency!,
      rate: row.rate!,
      units: Number(row.units),
      amount: row.amount!,
      value: row.value!,
    })),
  };
}

/** @returns the exact sum of decimal numbers, without zeros at its end */
export function addDecimals(texts: readonly string[]): string {
  const digits = Math.max(0, ...texts.map((text) => (text.split(".")[1] ?? "").length));
  const scaled = texts.reduce((sum, text) => {
    const [whole = "0", fraction = ""] = text.split(".");
    return sum + BigInt(whole + fraction.padEnd(digits, "0"));
  }, 0n);
  const sign = scaled < 0n ? "-" : "";
  const text = String(scaled < 0n ? -scaled : scaled).padStart(digits + 1, "0");
  const fraction = text.slice(text.length - digits).replace(/0+$/, "");
  const whole = text.slice(0, text.length - digits);
  return `${sign}${whole}${digits > 0 && fraction !== "" ? `.${fraction}` : ""}`;
}
