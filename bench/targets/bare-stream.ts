import { BENCH_BEARER } from "./bearer.ts";
import { startServer } from "./server-process.ts";
import type { Target } from "./target.ts";

const ENTRY = new URL("../servers/bare-stream.ts", import.meta.url).pathname;

/** A server that hands bytes to its streams and does nothing else. */
export const bareStreamTarget: Target = {
  name: "bare-stream",
  title: "bare server that sends the same bytes",
  unavailable: () => null,

  async start({ scratchDir, say }) {
    say("starting the bare server");
    const server = await startServer({ name: "bare-stream", arguments: [ENTRY], environment: {}, scratchDir });
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
