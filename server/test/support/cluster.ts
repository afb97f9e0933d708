/**
 * The PostgreSQL that tests share: started once for a run by the test script, or by the first test that needs it when
 * a file is run by itself.
 */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionUrl, openEmbeddedPostgres } from "../../src/embedded/embedded-postgres.ts";

const urlVariable = "ONHAND_TEST_CLUSTER_URL";

/** Starts a cluster for a whole run; the environment tells test processes where it is. */
export async function startSharedCluster(): Promise<{ env: Record<string, string>; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), "onhand-test-"));
  // Run by root, PostgreSQL runs as another user, who must be able to enter.
  await chmod(dataDir, 0o711);
  const cluster = await openEmbeddedPostgres({ dataDir, holder: "tests", settings: { max_connections: "300" } });
  return {
    env: { [urlVariable]: connectionUrl(cluster.connection) },
    async stop() {
      await cluster.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

let own: Promise<string> | null = null;

/** URL of the shared cluster's maintenance database. */
export function clusterUrl(): Promise<string> {
  const shared = process.env[urlVariable];
  if (shared !== undefined) return Promise.resolve(shared);
  own ??= startSharedCluster().then(({ env, stop }) => {
    process.on("beforeExit", () => void stop());
    return env[urlVariable]!;
  });
  return own;
}
