/** Reads of an item's ledger. */
import type { Queryable } from "../db/pool.ts";
import { type MovementRow, movementsOf } from "./sql/movements.ts";

export type { MovementRow } from "./sql/movements.ts";

export class MovementQueries {
  readonly #database: Queryable;

  constructor(database: Queryable) {
    this.#database = database;
  }

  /**
   * Movements of an item from one of its entries back, newest first.
   * @param fromSequence sequence of the newest entry wanted
   * @returns the rows, and the sequence at which the next page starts, or null
   */
  async list(
    partition: number,
    fromSequence: number,
    limit: number,
  ): Promise<{ rows: MovementRow[]; next: number | null }> {
    const { rows } = await this.#database.query<MovementRow>(movementsOf(partition, fromSequence, limit));
    const last = rows.at(-1);
    return { rows, next: rows.length === limit ? (last?.previous_sequence ?? null) : null };
  }
}
