/** Reads of levels: single items and SKUs in gathered look-ups, lists page by page. */
import { partitionOf } from "../core/record/partition.ts";
import type { Queryable } from "../db/pool.ts";
import { Batcher } from "../lib/batcher.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import { skuOwners } from "./sql/catalogue.ts";
import * as sql from "./sql/items.ts";

export type { ItemFilter, ItemViewRow, SumRow } from "./sql/items.ts";

const readLimits = {
  keysPerBatchMax: 500,
  batchesInFlightMax: 2,
  waitingMax: 20_000,
  knownSkusMax: 200_000,
} as const;

export interface ProductKey {
  readonly partition: number;
  readonly productId: string;
}

export interface ItemPage<Row> {
  readonly rows: readonly Row[];
  /** Where the next page starts, or null on the last. */
  readonly next: readonly unknown[] | null;
}

export class ItemQueries {
  readonly #database: Queryable;
  readonly #partitionCount: number;
  readonly #bySku: Batcher<string, ProductKey | null>;
  readonly #byProduct: Batcher<ProductKey, readonly sql.ItemViewRow[]>;
  readonly #byNumber: Batcher<{ partition: number; itemNumber: number }, sql.ItemViewRow | null>;
  /** SKUs rarely move; whoever uses one from here checks what it found. */
  readonly #knownSkus = new BoundedMap<string, ProductKey>(readLimits.knownSkusMax);

  constructor(database: Queryable, partitionCount: number) {
    this.#database = database;
    this.#partitionCount = partitionCount;
    this.#bySku = new Batcher((skus) => this.#loadSkus(skus), readLimits);
    this.#byProduct = new Batcher((keys) => this.#loadProducts(keys), readLimits);
    this.#byNumber = new Batcher((keys) => this.#loadNumbers(keys), readLimits);
  }

  productKey(productId: string): ProductKey {
    return { partition: partitionOf(productId, this.#partitionCount), productId };
  }

  /** @returns the product that owned the SKU when this process last looked; null when none does */
  async productOfSku(sku: string): Promise<ProductKey | null> {
    const known = this.#knownSkus.get(sku);
    if (known !== undefined) return known;
    const found = await this.#bySku.get(sku);
    if (found !== null) this.#knownSkus.set(sku, found);
    return found;
  }

  /** Forgets where a SKU was, so that the next look-up asks the database. */
  forgetSku(sku: string): void {
    this.#knownSkus.delete(sku);
  }

  /** @returns the product that owns the SKU now; for changes, which must not go to its former owner */
  async currentProductOfSku(sku: string): Promise<ProductKey | null> {
    return this.#bySku.get(sku);
  }

  /** @returns the products that own some SKUs now, in order, from one statement */
  async currentProductsOfSkus(skus: readonly string[]): Promise<(ProductKey | null)[]> {
    if (skus.length === 0) return [];
    return skus.length === 1 ? [await this.#bySku.get(skus[0]!)] : this.#loadSkus(skus);
  }

  /** Every item of a product, in order of locations. */
  itemsOf(key: ProductKey): Promise<readonly sql.ItemViewRow[]> {
    return this.#byProduct.get(key);
  }

  /** @returns null when there is no such item, or it, its product or its location was deleted */
  itemByNumber(partition: number, itemNumber: number): Promise<sql.ItemViewRow | null> {
    return this.#byNumber.get({ partition, itemNumber });
  }

  async list(
    filter: sql.ItemFilter,
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<ItemPage<sql.ItemViewRow>> {
    const order = sql.orderOf(filter);
    const { rows } = await this.#database.query<sql.ItemViewRow>(sql.listItems(filter, after, limit + 1));
    return pageOf(rows, limit, (row) => sql.placeOf(order, row));
  }

  async sum(filter: sql.ItemFilter): Promise<sql.SumRow> {
    const { rows } = await this.#database.query<sql.SumRow>(sql.sumItems(filter));
    return rows[0]!;
  }

  /** Totals by product: from their projection when all items count, archived ones too; else summed in order of the key. */
  async sumByProduct(
    filter: sql.ItemFilter,
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<ItemPage<sql.ProductSumRow>> {
    const isWhole =
      filter.lives.length > 1 &&
      filter.product === null &&
      filter.locationIds === null &&
      filter.availableBelow === null &&
      filter.changedAfter === null &&
      filter.q === null;
    const statement = isWhole
      ? sql.listProductTotals(filter.lives, after, limit + 1)
      : sql.sumByProduct(filter, after, limit + 1);
    const { rows } = await this.#database.query<sql.ProductSumRow>(statement);
    return pageOf(rows, limit, (row) => [row.partition, row.product_id]);
  }

  async sumByLocation(
    filter: sql.ItemFilter,
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<ItemPage<sql.LocationSumRow>> {
    const { rows } = await this.#database.query<sql.LocationSumRow>(sql.sumByLocation(filter, after, limit + 1));
    return pageOf(rows, limit, (row) => [row.location_id]);
  }

  async #loadSkus(skus: readonly string[]): Promise<(ProductKey | null)[]> {
    const keys = [...new Set(skus)].map((sku) => ({ partition: partitionOf(sku, this.#partitionCount), sku }));
    const { rows } = await this.#database.query<{ sku: string; product_id: string }>(skuOwners(keys));
    const owners = new Map(rows.map((row) => [row.sku, row.product_id]));
    return skus.map((sku) => {
      const productId = owners.get(sku);
      return productId === undefined ? null : this.productKey(productId);
    });
  }

  async #loadProducts(keys: readonly ProductKey[]): Promise<(readonly sql.ItemViewRow[])[]> {
    const distinct = [...new Map(keys.map((key) => [key.productId, key])).values()];
    const { rows } = await this.#database.query<sql.ItemViewRow>(sql.itemsOfProducts(distinct));
    const byProduct = Map.groupBy(rows, (row) => row.product_id);
    return keys.map((key) => byProduct.get(key.productId) ?? []);
  }

  async #loadNumbers(keys: readonly { partition: number; itemNumber: number }[]): Promise<(sql.ItemViewRow | null)[]> {
    const { rows } = await this.#database.query<sql.ItemViewRow>(sql.itemsByNumber(keys));
    const byNumber = new Map(rows.map((row) => [`${row.partition}/${row.item_number}`, row]));
    return keys.map((key) => byNumber.get(`${key.partition}/${key.itemNumber}`) ?? null);
  }
}

/** One row more than the page was read: it tells whether there is a next page. */
function pageOf<Row>(rows: readonly Row[], limit: number, placeOf: (row: Row) => readonly unknown[]): ItemPage<Row> {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, next: rows.length > limit && last !== undefined ? placeOf(last) : null };
}
