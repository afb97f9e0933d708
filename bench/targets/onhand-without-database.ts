import { join } from "node:path";
import { SPREAD_PRODUCT_COUNT } from "../workloads/names.ts";
import { BENCH_BEARER } from "./bearer.ts";
import { startServer } from "./server-process.ts";
import type { Target } from "./target.ts";

const ENTRY = new URL("../servers/onhand-without-database.ts", import.meta.url).pathname;

/** Onhand with the database call taken out: no database, nothing to settle, nothing to audit. */
export const onhandWithoutDatabaseTarget: Target = {
  name: "onhand-without-database",
  title: "Onhand with the database call taken out",
  unavailable: () => null,

  async start({ scratchDir, say }) {
    say("starting Onhand without its database");
    const server = await startServer({
      name: "onhand-without-database",
      arguments: [ENTRY, "serve"],
      environment: {
        ONHAND_DATA_DIR: join(scratchDir, "onhand-without-database-files"),
        ONHAND_BOOTSTRAP_KEY: BENCH_BEARER,
      },
      scratchDir,
    });
    return {
      url: server.url,
      bearer: BENCH_BEARER,
      serverPid: server.pid,
      postmasterPid: null,
      seededChanges: 0,
      productCount: SPREAD_PRODUCT_COUNT,
      settle: async () => undefined,
      audit: async () => [],
    };
  },
};
