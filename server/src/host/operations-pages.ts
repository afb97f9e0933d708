/** Calls for whoever runs the server: /livez, /readyz and /metrics. */
import type { Registry } from "prom-client";
import type { Keyring } from "../auth/keyring.ts";
import type { Clock } from "../lib/clock.ts";
import type { Api } from "./api.ts";
import { authenticate, authorise } from "./pipeline.ts";
import { ProblemError } from "./problem.ts";
import { requestIdOf } from "./request-headers.ts";

export interface OperationsOptions {
  readonly keyring: Pick<Keyring, "identify" | "peek">;
  readonly clock: Clock;
  readonly registry: Registry;
  /** @returns null when the server can serve, else why not */
  readonly whyNotReady: () => Promise<string | null>;
}

const json = (status: number, body: unknown): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });

/** Adds the calls to the application. */
export function addOperationsPages(app: Api["app"], options: OperationsOptions): void {
  app.get("/livez", () => json(200, { status: "live" }));
  app.get("/readyz", async (context) => {
    const reason = await options.whyNotReady();
    if (reason === null) return json(200, { status: "ready" });
    const problem = new ProblemError("not_ready", reason, {}, { headers: { "retry-after": "1" } });
    return problem.toResponse(requestIdOf(context.req.raw.headers));
  });
  app.get("/metrics", async (context) => {
    const { headers } = context.req.raw;
    try {
      authorise(await authenticate(headers, options.keyring), { right: "reader" });
    } catch (error) {
      if (error instanceof ProblemError) return error.toResponse(requestIdOf(headers));
      throw error;
    }
    return new Response(await options.registry.metrics(), {
      headers: { "content-type": options.registry.contentType },
    });
  });
}
