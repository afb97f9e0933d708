/** What the routes of working papers have in common: keys, headers, and how a refusal is answered. */
import type { OperationId } from "@onhand/protocol/operations";
import { ProblemError } from "../../host/problem.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import type { Clock } from "../../lib/clock.ts";
import { sortableId } from "../../lib/random-id.ts";
import type { KeyedRequest } from "../../registry/remembered.ts";
import { WorkRefusal } from "../../registry/work-refusal.ts";

/** A route whose refusals become problems. */
export const workRoute = (
  operationId: OperationId,
  bodyBytesMax: number,
  handle: (call: Call) => Promise<Reply>,
): Route => ({ operationId, bodyBytesMax, handle: (call) => explained(handle, call) });

/** Keys of calls that are under way, so that a refusal names the one that it was asked under. */
const keysUnderWay = new WeakMap<Call, string>();

/** Who asks for what and under which key; one is made when the caller sent none. */
export function keyedRequest(clock: Clock, call: Call, operation: OperationId): KeyedRequest {
  const { operationId } = (call.body ?? {}) as { readonly operationId?: string };
  const key = operationId ?? call.idempotencyKey ?? sortableId("made_", clock.nowMs());
  keysUnderWay.set(call, key);
  return { principal: call.principal.keyId, key, operation, content: [call.params, call.body ?? null] };
}

/** Headers of an answer to a keyed request. */
export const keyedHeaders = ({ key }: KeyedRequest, isReplayed: boolean): Record<string, string> => ({
  "idempotency-key": key,
  ...(isReplayed ? { "idempotent-replayed": "true" } : {}),
});

const repeatable: ReadonlySet<string> = new Set(["outcome_unknown", "overloaded"]);

async function explained(handle: (call: Call) => Promise<Reply>, call: Call): Promise<Reply> {
  try {
    return await handle(call);
  } catch (error) {
    if (!(error instanceof WorkRefusal)) throw error;
    const { status, ...fields } = error.fields;
    const key = keysUnderWay.get(call);
    throw new ProblemError(
      error.code,
      error.message,
      { ...fields, ...(key === undefined ? {} : { idempotencyKey: key }) },
      {
        cause: error,
        ...(status === undefined ? {} : { status }),
        headers: {
          ...(key === undefined ? {} : { "idempotency-key": key }),
          ...(repeatable.has(error.code) ? { "retry-after": "1" } : {}),
        },
      },
    );
  }
}
