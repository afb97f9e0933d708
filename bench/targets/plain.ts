import { openBenchDatabase } from "../harness/bench-database.ts";
import { SPREAD_PRODUCT_COUNT } from "../workloads/names.ts";
import { BENCH_BEARER } from "./bearer.ts";
import { fillByHttp } from "./fill-by-http.ts";
import { auditPlainTables } from "./plain-audit.ts";
import { startServer } from "./server-process.ts";
import type { Target } from "./target.ts";

const ENTRY = new URL("../servers/plain.ts", import.meta.url).pathname;

/** One transaction per request, on the same stack. */
export const plainTarget: Target = {
  name: "plain",
  title: "plain server, one transaction per request",
  unavailable: () => null,

  async start({ scratchDir, say }) {
    say("starting the plain server");
    const database = await openBenchDatabase(scratchDir, "plain");
    const server = await startServer({
      name: "plain",
      arguments: [ENTRY],
      environment: { DATABASE_URL: database.url, ONHAND_BOOTSTRAP_KEY: BENCH_BEARER },
      scratchDir,
    });
    say(`filling it with ${SPREAD_PRODUCT_COUNT} products`);
    const seededChanges = await fillByHttp({ url: server.url, bearer: BENCH_BEARER }, SPREAD_PRODUCT_COUNT);
    return {
      url: server.url,
      bearer: BENCH_BEARER,
      serverPid: server.pid,
      postmasterPid: database.postmasterPid,
      seededChanges,
      productCount: SPREAD_PRODUCT_COUNT,
      settle: () => database.settle(),
      audit: ({ changes, hasLostConnections }) =>
        database.withClient((client) => auditPlainTables(client, changes, hasLostConnections)),
    };
  },
};
