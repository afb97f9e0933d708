import { BENCH_BEARER } from "./bearer.ts";
import { startServer } from "./server-process.ts";
import type { Target } from "./target.ts";

const ENTRY = new URL("../servers/webhook-receiver.ts", import.meta.url).pathname;

/** A receiver of webhooks on this machine. */
export const webhookReceiverTarget: Target = {
  name: "webhook-receiver",
  title: "the receiver itself, by the load generator",
  unavailable: () => null,

  async start({ scratchDir, say }) {
    say("starting the receiver of webhooks");
    const server = await startServer({ name: "webhook-receiver", arguments: [ENTRY], environment: {}, scratchDir });
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
