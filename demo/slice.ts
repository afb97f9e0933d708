/** The slice of real sales that the demo replays, read the way `onhand import` reads it. */
import { fileURLToPath } from "node:url";
import { Classifier, type Movement } from "../server/src/inbound/import/classify.ts";
import { openCsv } from "../server/src/inbound/import/csv-file.ts";
import { loadMapping } from "../server/src/inbound/import/load-mapping.ts";
import { locationIdOf, productIdOf } from "../server/src/inbound/import/names.ts";

const sliceFile = fileURLToPath(new URL("./online-retail-slice.csv.gz", import.meta.url));

export interface Sale {
  readonly movement: Movement;
  readonly productId: string;
  readonly locationId: string;
}

/** One market with its sales in the order in which they happened. */
export interface Market {
  readonly name: string;
  readonly locationId: string;
  readonly sales: readonly Sale[];
}

export interface Slice {
  readonly markets: readonly Market[];
  /** The first sale of each product, which tells its name and price. */
  readonly products: readonly Sale[];
  /** One sale of each item: product at a market. */
  readonly items: readonly Sale[];
  readonly rowsRead: number;
  /** Rows that move no stock: postage, copies of rows. */
  readonly rowsLeftOut: number;
}

/** Reads the slice; markets with the most sales come first. */
export async function readSlice(): Promise<Slice> {
  const file = await openCsv(sliceFile, ",");
  const classifier = new Classifier(await loadMapping("online-retail"), file.columns);
  const sales: Sale[] = [];
  let rowsRead = 0;
  for await (const rows of file.chunks()) {
    for (const row of rows) {
      rowsRead += 1;
      const verdict = classifier.classify(row);
      if (verdict.kind !== "movement") continue;
      const { movement } = verdict;
      sales.push({ movement, productId: productIdOf(movement.sku), locationId: locationIdOf(movement.market) });
    }
  }
  const byMarket = Map.groupBy(sales, ({ movement }) => movement.market);
  return {
    markets: [...byMarket]
      .map(([name, ofMarket]) => ({ name, locationId: ofMarket[0]!.locationId, sales: ofMarket }))
      .sort((a, b) => b.sales.length - a.sales.length),
    products: firstOfEach(sales, ({ productId }) => productId),
    items: firstOfEach(sales, ({ productId, locationId }) => `${productId} ${locationId}`),
    rowsRead,
    rowsLeftOut: rowsRead - sales.length,
  };
}

function firstOfEach(sales: readonly Sale[], keyOf: (sale: Sale) => string): Sale[] {
  const firsts = new Map<string, Sale>();
  for (const sale of sales) {
    const known = firsts.get(keyOf(sale));
    if (known === undefined || (known.movement.name === null && sale.movement.name !== null))
      firsts.set(keyOf(sale), sale);
  }
  return [...firsts.values()];
}
