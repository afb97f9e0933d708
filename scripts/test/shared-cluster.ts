/** One PostgreSQL for all test files that need one: starting it for each would take longer than most of them. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** What `server/test/support/cluster.ts` starts: its address as environment variables, and how to end it. */
export interface SharedCluster {
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

/** Starts it; without that module (a checkout of tools only), test files find no address and start their own. */
export async function startCluster(root: string): Promise<SharedCluster> {
  const path = join(root, "server/test/support/cluster.ts");
  if (!existsSync(path)) return { env: {}, stop: () => Promise.resolve() };
  const module: { startSharedCluster(): Promise<SharedCluster> } = await import(path);
  return module.startSharedCluster();
}
