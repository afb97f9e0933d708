/** What has come of the replay so far, market by market. */
import type { Market } from "./slice.ts";

export interface MarketTally {
  readonly name: string;
  readonly locationId: string;
  readonly rows: number;
  readonly openingUnits: number;
  answered: number;
  sold: number;
  returned: number;
  lost: number;
  refused: number;
}

export class Tally {
  readonly markets: readonly MarketTally[];
  readonly #latenciesMs: number[] = [];

  /** @param openingUnits units that each market starts with */
  constructor(markets: readonly Market[], openingUnits: ReadonlyMap<string, number>) {
    this.markets = markets.map(({ name, locationId, sales }) => ({
      name,
      locationId,
      rows: sales.length,
      openingUnits: openingUnits.get(locationId) ?? 0,
      answered: 0,
      sold: 0,
      returned: 0,
      lost: 0,
      refused: 0,
    }));
  }

  count(market: MarketTally, adjustment: number, type: string, isApplied: boolean, latencyMs: number): void {
    market.answered += 1;
    this.#latenciesMs.push(latencyMs);
    if (!isApplied) market.refused += 1;
    else if (adjustment > 0) market.returned += adjustment;
    else if (type === "loss") market.lost -= adjustment;
    else market.sold -= adjustment;
  }

  /** Units that must be there if every answer was true. */
  expectedUnits({ openingUnits, sold, returned, lost }: MarketTally): number {
    return openingUnits - sold + returned - lost;
  }

  sum(of: (market: MarketTally) => number): number {
    return this.markets.reduce((total, market) => total + of(market), 0);
  }

  /** Latency below which this share of the answers lies, in ms; NaN before the first one. */
  latencyMs(share: number): number {
    const sorted = Float64Array.from(this.#latenciesMs).sort();
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  }
}
