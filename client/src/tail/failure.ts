/** What the failure of a request means for a tail or a listing. */
import { OnhandProblem } from "../errors.ts";
import { type TailEnd, tailLimits } from "./tail.ts";

const ended = (afterMs: number, transport: "keep" | "next"): TailEnd => ({
  kind: "ended",
  end: { cursor: null, pauseMs: null, afterMs: Math.min(afterMs, tailLimits.pauseMsMax), transport },
});

/** Statuses by which a server or something before it says that it does not speak this transport. */
const unspoken: readonly number[] = [404, 405, 406, 501];
const passing: readonly number[] = [408, 425, 429];

/** @param isTail whether a cursor was sent along, and another transport may help */
export function meaningOf(error: unknown, isTail: boolean): TailEnd {
  if (!(error instanceof OnhandProblem)) return ended(0, "keep");
  const { status, code, fields } = error;
  if (code === "cursor_expired") return { kind: "expired", error };
  // A cursor that another installation gave out, as after a move to a new server: it is worth as little as an old one.
  const isCursor = fields.some(({ pointer }) => /cursor|since|last-event-id/i.test(pointer));
  if (isTail && status === 400 && isCursor) return { kind: "expired", error };
  if (status === 401) return { kind: "refused", error };
  if (isTail && unspoken.includes(status)) return ended(0, "next");
  // A page that lets nobody through before they agree to something, a proxy: not an answer of Onhand, and no verdict.
  if (code === "unexpected_answer" || status >= 500 || passing.includes(status))
    return ended(error.retryAfterMs ?? 0, "keep");
  return { kind: "fatal", error };
}

/** The connection broke off, or said nothing for too long. */
export const brokenOff: TailEnd = ended(0, "keep");
/** This transport does not work here. */
export const notSpoken: TailEnd = ended(0, "next");
