/** What the codes mean with which the server closes a WebSocket. */
import type { Problem } from "@onhand/protocol/problems";
import { OnhandProblem } from "../errors.ts";
import type { TailEnd } from "../tail/tail.ts";

const busyMs = 5_000;

/** @returns what is to be done after a WebSocket was closed without a `closing` before it */
export function meaningOfClose(code: number): TailEnd {
  if (code === 4401) return { kind: "refused", error: closedWith(code, 401, "unauthorized") };
  if (code === 4403) return { kind: "fatal", error: closedWith(code, 403, "forbidden") };
  const afterMs = code === 1013 || code === 4429 ? busyMs : 0;
  return { kind: "ended", end: { cursor: null, pauseMs: null, afterMs, transport: "keep" } };
}

function closedWith(code: number, status: number, problemCode: string): OnhandProblem {
  const detail = `The server closed the WebSocket with code ${code}. Connect again with other credentials.`;
  return problemError({ type: "about:blank", title: "Closed by the server", status, code: problemCode, detail });
}

/** A problem that came in a message. */
export function problemError(
  problem: Problem,
  retryAfterMs: number | null = null,
  idempotencyKey: string | null = null,
) {
  return new OnhandProblem(problem, { answer: problem, requestId: null, retryAfterMs, tries: 1, idempotencyKey });
}
