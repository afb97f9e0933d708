/** What sources stated, and what was published to them: kept beside the journal to recognise echoes and to compare with. */
import { partitionOf } from "../core/record/partition.ts";
import type { Queryable } from "../db/pool.ts";
import type { Published } from "./echo.ts";
import type { IntakeOrigin } from "./intake-line.ts";
import * as sql from "./sql/statements.ts";

export type { NewStatement } from "./sql/statements.ts";

export class Stated {
  readonly #database: Queryable;
  readonly #partitionCount: number;

  constructor(database: Queryable, partitionCount: number) {
    this.#database = database;
    this.#partitionCount = partitionCount;
  }

  /** Writes down what a source stated; of several statements of an item the newest. */
  async write(sourceId: string, statements: readonly sql.NewStatement[]): Promise<void> {
    const newest = new Map<string, sql.NewStatement>();
    for (const each of statements) {
      const name = JSON.stringify([each.productId, each.locationId]);
      const other = newest.get(name);
      if (other === undefined || isNewer(each, other)) newest.set(name, each);
    }
    if (newest.size === 0) return;
    // In order of the key, so that two requests never wait for each other.
    const ordered = [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
    await this.#database.query(sql.upsertStatements(sourceId, ordered));
  }

  /** @returns what was published to an origin of some products, by product and location ('' for all locations) */
  async published(
    { id, channelId }: Pick<IntakeOrigin, "id" | "channelId">,
    productIds: readonly string[],
  ): Promise<(productId: string, locationId: string) => readonly Published[]> {
    const distinct = [...new Set(productIds)];
    if (distinct.length === 0) return () => [];
    const placed = distinct.map((productId) => ({
      productId,
      partition: partitionOf(productId, this.#partitionCount),
    }));
    const [{ rows: told }, { rows: levels }] = await Promise.all([
      this.#database.query<sql.PublicationRow>(sql.selectPublications(id, distinct)),
      channelId === null
        ? { rows: [] }
        : this.#database.query<Omit<sql.PublicationRow, "location_id" | "reference">>(
            sql.selectChannelLevels(channelId, placed),
          ),
    ]);
    const rows = [...told, ...levels.map((row) => ({ ...row, location_id: "", reference: null }))];
    const byPair = Map.groupBy(rows, (row) => JSON.stringify([row.product_id, row.location_id]));
    const of = (productId: string, locationId: string) => byPair.get(JSON.stringify([productId, locationId])) ?? [];
    return (productId, locationId) =>
      [...of(productId, locationId), ...of(productId, "")].map((row) => ({
        stockLevel: row.stock_level,
        reference: row.reference,
        publishedAtMs: row.published_at,
      }));
  }
}

const isNewer = (a: sql.NewStatement, b: sql.NewStatement): boolean =>
  a.version !== null && b.version !== null ? a.version > b.version : a.asOfMs >= b.asOfMs;
