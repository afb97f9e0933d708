/** Real sales as they lie in files, made lines without judging them: what is no goods is for the register of codes to find. */
import { hash } from "node:crypto";
import { openCsv } from "../../src/inbound/import/csv-file.ts";

/** A row of a file. */
export interface SaleRow {
  /** The same for two rows that say the same: there is no other id. */
  readonly operationId: string;
  readonly productCode: string;
  readonly place: string;
  readonly units: number;
  readonly type: "sale" | "return" | "loss";
  readonly atMs: number;
  /** Whose checkout it went through, as far as the file tells. */
  readonly receipt: string;
}

const digestOf = (fields: readonly string[]): string => hash("sha256", fields.join("\x1f"), "hex").slice(0, 32);

async function rowsOf(path: string, read: (of: (name: string) => string, id: string) => SaleRow): Promise<SaleRow[]> {
  const file = await openCsv(path, ",");
  const places = new Map(file.columns.map((name, index) => [name, index]));
  const rows: SaleRow[] = [];
  for await (const chunk of file.chunks())
    for (const { fields } of chunk) rows.push(read((name) => fields[places.get(name)!]!.trim(), digestOf(fields)));
  return rows;
}

/** Online Retail: cancellations bring back, negative quantities without one were taken off. */
export const onlineRetail = (path: string): Promise<SaleRow[]> =>
  rowsOf(path, (of, operationId) => {
    const quantity = Number(of("Quantity"));
    const isCancelled = of("InvoiceNo").startsWith("C");
    return {
      ...{ operationId, productCode: of("StockCode"), place: of("Country"), receipt: of("InvoiceNo") },
      units: isCancelled ? Math.abs(quantity) : -Math.abs(quantity),
      type: isCancelled ? "return" : quantity < 0 ? "loss" : "sale",
      atMs: Date.parse(`${of("InvoiceDate").replace(" ", "T")}Z`),
    };
  });

export const completeJourney = (path: string): Promise<SaleRow[]> =>
  rowsOf(path, (of, operationId) => ({
    ...{ operationId, productCode: of("product_id"), place: of("store_id"), receipt: of("basket_id") },
    ...{ units: 0 - Number(of("quantity")), type: "sale", atMs: Date.parse(of("transaction_timestamp")) },
  }));

/** @returns ids of the products that the package describes */
export async function completeJourneyProducts(path: string): Promise<Set<string>> {
  const file = await openCsv(path, ",");
  const place = file.columns.indexOf("product_id");
  const ids = new Set<string>();
  for await (const chunk of file.chunks()) for (const { fields } of chunk) ids.add(fields[place]!);
  return ids;
}
