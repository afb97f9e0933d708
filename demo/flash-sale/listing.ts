/**
 * A flash sale as a marketplace listing showed it: one row for each item and day, with the running count of units sold.
 * What was sold on a day is the difference to the item's row before. Every row becomes exactly one of the kinds below.
 */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse";

/** Why a row asks for units, or does not. */
export type RowKind =
  /** Units were sold since the row before. */
  | "sold"
  /** The count did not change. */
  | "nothing sold"
  /** The item's first row: there is nothing to take the difference to. */
  | "first"
  /** The listing showed no count. */
  | "no count"
  /** The count went down: the counter was set back, so nobody knows what was sold. */
  | "set back"
  /** The same row again. */
  | "repeated";

export interface ListingRow {
  readonly date: string;
  readonly itemId: string;
  readonly title: string;
  readonly shop: string;
  readonly kind: RowKind;
  /** Units sold since the row before; 0 unless the kind is "sold". */
  readonly units: number;
}

type Raw = Readonly<Record<"update_date" | "item_id" | "title" | "sale_count" | "comment_count" | "shop", string>>;

/** Reads a listing. @param path a .csv or .csv.gz file with update_date, item_id, title, sale_count and shop; null for the made-up one */
export async function readListing(path: string | null): Promise<ListingRow[]> {
  const text = path === null ? Readable.from([madeUpListing()]) : createReadStream(path);
  const plain = path?.endsWith(".gz") === true ? text.pipe(createGunzip()) : text;
  const raw: Raw[] = [];
  for await (const row of plain.pipe(parse({ columns: true, relax_quotes: true, bom: true }))) raw.push(row as Raw);
  raw.sort((a, b) => a.update_date.localeCompare(b.update_date));
  return classify(raw);
}

function classify(raw: readonly Raw[]): ListingRow[] {
  const counts = new Map<string, number>();
  const seen = new Set<string>();
  return raw.map((row) => {
    const { update_date: date, item_id: itemId, title, shop } = row;
    const of = (kind: RowKind, units = 0): ListingRow => ({ date, itemId, title, shop, kind, units });
    const text = JSON.stringify(row);
    if (seen.has(text)) return of("repeated");
    seen.add(text);
    if (!/^\d+(\.0)?$/.test(row.sale_count)) return of("no count");
    const count = Number(row.sale_count);
    const before = counts.get(itemId);
    counts.set(itemId, count);
    if (before === undefined) return of("first");
    if (count < before) return of("set back");
    return count === before ? of("nothing sold") : of("sold", count - before);
  });
}

const madeUpItems = 120;
const madeUpDays = 10;
const dayOfSale = 6;

/** A listing in the form of the real one, with its oddities: for who has no other. The same at every call. */
function madeUpListing(): string {
  let state = 11;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const rows = ["update_date,item_id,title,price_cny,sale_count,comment_count,shop"];
  for (let item = 0; item < madeUpItems; item++) {
    let count = random(20_000);
    for (let day = 0; day < madeUpDays; day++) {
      if (random(12) === 0) continue;
      count += day === dayOfSale ? 200 + random(2_000) : random(60);
      if (random(25) === 0) count = Math.floor(count / 2);
      const shown = random(30) === 0 ? "" : `${count}`;
      const row = `2016-11-${String(5 + day).padStart(2, "0")},M${item},"Serum ""No. ${item}"", 30ml",99,${shown},${random(500)},shop-${item % 7}`;
      rows.push(row);
      if (random(80) === 0) rows.push(row);
    }
  }
  return `${rows.join("\n")}\n`;
}
