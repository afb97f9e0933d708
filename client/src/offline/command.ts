/** Commands of an offline queue that go under keys of their own. */
import type { Problem } from "@onhand/protocol/problems";
import type { Call, Send, WriteOptions } from "../call.ts";
import { OnhandProblem } from "../errors.ts";
import { bindOperations, type Operations } from "../generated/operations.ts";
import { offlineLimits } from "./limits.ts";
import type { StoredCommand } from "./store.ts";

/** What speaks against the moment, or against who is asking, does not speak against what is sent. */
export function mayPass({ status, code }: OnhandProblem): boolean {
  const passing = ["unexpected_answer", "unauthorized", "forbidden", "outcome_unknown", "idempotency_in_progress"];
  return status >= 500 || [408, 425, 429].includes(status) || passing.includes(code);
}

/** @returns why a command is not sent again; null when it may be */
export function tooOld({ idempotencyKey, firstSentAtMs }: StoredCommand, nowMs: number): OnhandProblem | null {
  if (firstSentAtMs === null || nowMs - firstSentAtMs <= offlineLimits.repeatMsMax) return null;
  return localProblem(idempotencyKey, {
    title: "Too old to be sent again",
    code: "outcome_too_old",
    detail: `It was sent at ${new Date(firstSentAtMs).toISOString()} and never answered; the server may have forgotten its key. Look whether it was applied, then dismiss it or retry it.`,
  });
}

/** A problem that no answer brought. */
export function localProblem(
  idempotencyKey: string,
  { title, code, detail }: { readonly title: string; readonly code: string; readonly detail: string },
): OnhandProblem {
  const problem: Problem = { type: "about:blank", title, status: 409, code: code as Problem["code"], detail };
  return new OnhandProblem(problem, { answer: null, requestId: null, retryAfterMs: null, tries: 0, idempotencyKey });
}

/** The call that a method of the API would have made. @throws TypeError unless it is one write */
export function describedCall(describe: (api: Operations) => Promise<unknown>): { call: Call; options: WriteOptions } {
  const calls: { call: Call; options: WriteOptions }[] = [];
  const record: Send = (call, options = {}) => {
    calls.push({ call, options });
    return new Promise(() => {});
  };
  void describe(bindOperations(record));
  const [described] = calls;
  if (described === undefined || calls.length > 1 || !described.call.writes)
    throw new TypeError("describe one write: queue.add((api) => api.adjustInventory({ … }))");
  return described;
}
