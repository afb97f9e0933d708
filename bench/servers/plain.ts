/**
 * The plain server: what a good developer writes first, on the same stack. One transaction per request, rows locked where they
 * are, a pool of ten connections, prepared statements. It is the yardstick that group commit is measured against, so it
 * does everything Onhand does for an adjustment except grouping, and nothing slowly on purpose.
 *
 * Environment: `PORT`, `HOST`, `DATABASE_URL`, `ONHAND_BOOTSTRAP_KEY`, `PLAIN_BULK_MODE` (see `plain/bulk-update.ts`).
 */

import { Pool } from "pg";
import { Registry } from "prom-client";
import { KeyRing } from "./plain/authenticate.ts";
import { bulkModeOf } from "./plain/bulk-update.ts";
import { plainApp } from "./plain/plain-app.ts";
import { createTables } from "./plain/schema.ts";

const POOL_CONNECTION_MAX = 10;

const { DATABASE_URL, ONHAND_BOOTSTRAP_KEY, HOST, PORT, PLAIN_BULK_MODE } = process.env;
if (DATABASE_URL === undefined || ONHAND_BOOTSTRAP_KEY === undefined) {
  process.stderr.write("DATABASE_URL and ONHAND_BOOTSTRAP_KEY must be set; `bun bench/main.ts` sets them.\n");
  process.exit(2);
}

const pool = new Pool({ connectionString: DATABASE_URL, max: POOL_CONNECTION_MAX });
await createTables(pool);
const keys = new KeyRing();
keys.add(ONHAND_BOOTSTRAP_KEY, "key:bootstrap");

const app = plainApp({ pool, keys, metrics: new Registry(), bulkMode: bulkModeOf(PLAIN_BULK_MODE) });
const server = Bun.serve({
  hostname: HOST ?? "127.0.0.1",
  port: Number(PORT ?? "8080"),
  idleTimeout: 0,
  fetch: app.fetch,
});

process.on("SIGTERM", async () => {
  await server.stop(true);
  await pool.end();
  process.exit(0);
});
