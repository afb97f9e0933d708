/**
 * Onhand with the database call taken out: the same entry, routes, validation, writer and decisions, but groups are
 * "committed" at once in memory. What is left is what HTTP and deciding cost, and so the rate that Onhand could
 * never exceed. It exists for the benchmark only; the server cannot be started this way.
 *
 * It takes the environment of `server/src/main.ts serve`, knows the products of `workloads/names.ts` without being filled,
 * and answers `GET /v1/inventory/{sku}` from memory.
 */

/** Why it cannot be started in this checkout; null once the entry below is written. */
export const WITHOUT_DATABASE_MISSING: string | null =
  "bench/servers/onhand-without-database.ts is not wired to the server yet";

if (import.meta.main && WITHOUT_DATABASE_MISSING !== null) {
  process.stderr.write(`${WITHOUT_DATABASE_MISSING}\n`);
  process.exit(2);
}
