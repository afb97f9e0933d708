import { existsSync } from "node:fs";
import { join } from "node:path";
import { type BenchDatabase, openBenchDatabase } from "../harness/bench-database.ts";
import { LARGE_SEED, seedLarge } from "../seed-large.ts";
import { LOCATIONS_SEED, seedLocations } from "../seed-locations.ts";
import { BENCH_SOURCE_ID, SPREAD_PRODUCT_COUNT } from "../workloads/names.ts";
import { BENCH_BEARER } from "./bearer.ts";
import { fillByHttp } from "./fill-by-http.ts";
import { auditOnhand } from "./onhand-audit.ts";
import { type ServerProcess, startServer } from "./server-process.ts";
import type { RunningTarget, Target, TargetContext, TargetName } from "./target.ts";

const ENTRY = new URL("../../server/src/main.ts", import.meta.url).pathname;

/** Settings that a benchmark must change, by environment variable: for example a rate limit that one caller would meet. */
const ENVIRONMENT: Readonly<Record<string, string>> = { ONHAND_WEBHOOK_PRIVATE_TARGETS: "true" };

/** Onhand as it is delivered, on an empty database filled through its API. */
export const onhandTarget: Target = {
  name: "onhand",
  title: "Onhand",
  unavailable: missingEntry,
  start: (context) =>
    startOnhand("onhand", context, async (_database, start) => {
      const server = await start();
      context.say(`filling it with ${SPREAD_PRODUCT_COUNT} products`);
      const seededChanges = await fillByHttp({ url: server.url, bearer: BENCH_BEARER }, SPREAD_PRODUCT_COUNT);
      await registerSource(server.url);
      return { server, seededChanges, productCount: SPREAD_PRODUCT_COUNT };
    }),
};

/** Onhand on a database with a long history. */
export const onhandLargeTarget: Target = {
  name: "onhand-large",
  title: `Onhand at ${LARGE_SEED.journalEntries.toLocaleString("en")} journal entries`,
  unavailable: missingEntry,
  start: (context) =>
    startOnhand("onhand-large", context, async (database, start) => {
      // The first start creates the schema.
      await (await start()).stop();
      const seededChanges = await seedLarge(database.url, LARGE_SEED, context.say);
      return { server: await start(), seededChanges, productCount: SPREAD_PRODUCT_COUNT };
    }),
};

/** Onhand with a thousand products at a thousand locations, in ten groups. */
export const onhandLocationsTarget: Target = {
  name: "onhand-locations",
  title: `Onhand at ${(LOCATIONS_SEED.products * LOCATIONS_SEED.locations).toLocaleString("en")} items`,
  unavailable: missingEntry,
  start: (context) =>
    startOnhand("onhand-locations", context, async (database, start) => {
      await (await start()).stop();
      const seededChanges = await seedLocations(database.url, LOCATIONS_SEED, context.say);
      return { server: await start(), seededChanges, productCount: LOCATIONS_SEED.products };
    }),
};

/** It sends changes and levels; what it states holds for an hour against less trusted ones, of which there are none. */
async function registerSource(url: string): Promise<void> {
  const response = await fetch(`${url}/v1/sources`, {
    method: "POST",
    headers: { Authorization: `Bearer ${BENCH_BEARER}`, "Content-Type": "application/json" },
    body: JSON.stringify({ sourceId: BENCH_SOURCE_ID, name: "Bench source" }),
  });
  if (!response.ok) throw new Error(`registering the source answered ${response.status}: ${await response.text()}`);
}

interface Filled {
  readonly server: ServerProcess;
  readonly seededChanges: number;
  readonly productCount: number;
}

async function startOnhand(
  name: TargetName,
  { scratchDir, say }: TargetContext,
  fill: (database: BenchDatabase, start: () => Promise<ServerProcess>) => Promise<Filled>,
): Promise<RunningTarget> {
  say(`starting ${name}`);
  const database = await openBenchDatabase(scratchDir, name);
  const environment = {
    ...ENVIRONMENT,
    DATABASE_URL: database.url,
    ONHAND_DATA_DIR: join(scratchDir, `${name}-files`),
    ONHAND_BOOTSTRAP_KEY: BENCH_BEARER,
  };
  const start = (): Promise<ServerProcess> =>
    startServer({ name, arguments: [ENTRY, "serve"], environment, scratchDir });
  const { server, seededChanges, productCount } = await fill(database, start);
  return {
    url: server.url,
    bearer: BENCH_BEARER,
    serverPid: server.pid,
    postmasterPid: database.postmasterPid,
    seededChanges,
    productCount,
    settle: () => database.settle(),
    audit: (acknowledged) => database.withClient((client) => auditOnhand(ENTRY, environment, client, acknowledged)),
  };
}

function missingEntry(): string | null {
  return existsSync(ENTRY) ? null : "server/src/main.ts does not exist yet";
}
