import type { Client } from "pg";

/**
 * Fills Onhand's own tables with a long history, set-based and directly in SQL: ten million journal entries over HTTP would
 * take hours.
 *
 * The server has created its schema and is stopped while this runs. Afterwards the database must look as if the entries had been
 * written by it: heads, hash chain, levels, totals and results by key in agreement, so that `onhand verify` passes and the
 * server starts on it. Names of products and location come from `workloads/names.ts`.
 */

/** How much history to make. */
export interface LargeSeed {
  readonly items: number;
  readonly journalEntries: number;
}

/** The size that the benchmark promises. */
export const LARGE_SEED: LargeSeed = { items: 1_000_000, journalEntries: 10_000_000 };

/** Why the seed cannot be made in this checkout; null once `seedLarge` writes Onhand's schema. */
export const LARGE_SEED_MISSING: string | null = "bench/seed-large.ts does not know Onhand's schema yet";

/** Makes the history and returns the number of changes in the journal. `say` is told how far it is. */
export async function seedLarge(_client: Client, _seed: LargeSeed, _say: (text: string) => void): Promise<number> {
  throw new Error(LARGE_SEED_MISSING ?? "not written");
}
