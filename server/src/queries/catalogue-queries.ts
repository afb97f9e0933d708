/** Reads of products and locations. */
import { partitionOf } from "../core/record/partition.ts";
import type { Queryable } from "../db/pool.ts";
import * as sql from "./sql/catalogue.ts";

export type { LocationViewRow, ProductViewRow } from "./sql/catalogue.ts";

export interface CataloguePage<Row> {
  readonly rows: readonly Row[];
  readonly next: readonly unknown[] | null;
}

export class CatalogueQueries {
  readonly #database: Queryable;
  readonly #partitionCount: number;

  constructor(database: Queryable, partitionCount: number) {
    this.#database = database;
    this.#partitionCount = partitionCount;
  }

  /** @returns null when there is none or it was deleted */
  async product(productId: string): Promise<sql.ProductViewRow | null> {
    const { rows } = await this.#database.query<sql.ProductViewRow>(
      sql.productsById([{ partition: partitionOf(productId, this.#partitionCount), productId }]),
    );
    return rows[0] ?? null;
  }

  async products(
    lives: readonly number[],
    q: string | null,
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<CataloguePage<sql.ProductViewRow>> {
    const { rows } = await this.#database.query<sql.ProductViewRow>(sql.listProducts(lives, q, after, limit + 1));
    const last = rows[limit - 1];
    return {
      rows: rows.slice(0, limit),
      next: rows.length > limit && last !== undefined ? [last.partition, last.product_id] : null,
    };
  }

  /** @returns null when there is none or it was deleted */
  async location(locationId: string): Promise<sql.LocationViewRow | null> {
    const { rows } = await this.#database.query<sql.LocationViewRow>(sql.locationById(locationId));
    return rows[0] ?? null;
  }

  async locations(
    lives: readonly number[],
    q: string | null,
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<CataloguePage<sql.LocationViewRow>> {
    const { rows } = await this.#database.query<sql.LocationViewRow>(sql.listLocations(lives, q, after, limit + 1));
    const last = rows[limit - 1];
    return { rows: rows.slice(0, limit), next: rows.length > limit && last !== undefined ? [last.location_id] : null };
  }

  /** Those of some products that are there and not deleted. */
  async existingProducts(productIds: readonly string[]): Promise<Set<string>> {
    if (productIds.length === 0) return new Set();
    const keys = productIds.map((productId) => ({
      partition: partitionOf(productId, this.#partitionCount),
      productId,
    }));
    const { rows } = await this.#database.query<sql.ProductViewRow>(sql.productsById(keys));
    return new Set(rows.map((row) => row.product_id));
  }

  /** Those of some locations that are there and not deleted. */
  async existingLocations(locationIds: readonly string[]): Promise<Set<string>> {
    if (locationIds.length === 0) return new Set();
    const { rows } = await this.#database.query<{ location_id: string }>(sql.existingLocations(locationIds));
    return new Set(rows.map((row) => row.location_id));
  }

  /** Ids of the locations that belong to a group. */
  async locationsOfGroup(group: string): Promise<string[]> {
    const { rows } = await this.#database.query<{ location_id: string }>(sql.locationsOfGroup(group));
    return rows.map((row) => row.location_id);
  }
}
