import { BENCH_BEARER } from "./bearer.ts";
import { startServer } from "./server-process.ts";
import type { Target } from "./target.ts";

/** What tells one process without a database from another. */
type PlainProcess = Pick<Target, "name" | "title"> & {
  /** Its entry, a file of `bench/servers`. */
  readonly entry: string;
};

/** A target that is one process: nothing is filled, and nothing is left to be checked. */
export function plainProcessTarget({ name, title, entry }: PlainProcess): Target {
  const path = new URL(`../servers/${entry}`, import.meta.url).pathname;
  return {
    name,
    title,
    unavailable: () => null,
    async start({ scratchDir, say }) {
      say(`starting ${name}`);
      const server = await startServer({ name, arguments: [path], environment: {}, scratchDir });
      return {
        url: server.url,
        bearer: BENCH_BEARER,
        serverPid: server.pid,
        postmasterPid: null,
        seededChanges: 0,
        productCount: 1,
        settle: async () => undefined,
        audit: async () => [],
      };
    },
  };
}
