/** What all routes that read stock or catalogue have in common: `minCursor`, and `Onhand-Cursor` on the answer. */
import { PositionLost } from "../../feed/feed-reader.ts";
import { type Freshness, freshnessLimits } from "../../feed/freshness.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import { problemOfLostPosition } from "./common.ts";
import type { RestContext } from "./context.ts";

/** A route that reads: not before `minCursor` is reached, and with the cursor from where the feed goes on. */
export function readRoute(
  rest: RestContext,
  operationId: Route["operationId"],
  handle: (call: Call) => Promise<Reply>,
): Route {
  return {
    operationId,
    bodyBytesMax: 0,
    async handle(call) {
      const { minCursor } = call.query;
      if (minCursor !== undefined) await requireFresh(rest, minCursor as string, call.signal);
      const cursor = rest.freshness.cursor();
      const { status, body, headers } = await handle(call);
      return { status, body, headers: { "onhand-cursor": cursor, ...headers } };
    },
  };
}

async function requireFresh(rest: RestContext, minCursor: string, signal: AbortSignal): Promise<void> {
  const outcome = await reach(rest, minCursor, signal);
  if (outcome === "reached") return;
  if (outcome === "late") {
    const seconds = freshnessLimits.waitMsMax / 1000;
    throw new ProblemError(
      "not_fresh",
      `What minCursor names was not reached within ${seconds} seconds. Wait for Retry-After and send it again, or leave minCursor out.`,
      {},
      { headers: { "retry-after": "1" } },
    );
  }
  const message = "is not a cursor of the change feed of this server";
  throw new ProblemError(
    "validation_failed",
    `minCursor ${message}. Use a cursor exactly as it was given out, or leave it out.`,
    { errors: [{ pointer: "/minCursor", message }] },
  );
}

async function reach(rest: RestContext, minCursor: string, signal: AbortSignal): ReturnType<Freshness["reach"]> {
  try {
    return await rest.freshness.reach(minCursor, signal);
  } catch (error) {
    throw error instanceof PositionLost ? problemOfLostPosition(rest.cursors, error) : error;
  }
}
