/** What closed a difference that is gone: pure, from where both sides stood before and stand now. */
import { formatMovementId } from "../core/record/ids.ts";
import type { Basis } from "./difference.ts";
import type { ClosedBy, DifferenceRow } from "./sql/differences.ts";

type Before = Pick<DifferenceRow, "check_kind" | "partition" | "finding" | "corrected">;

const byItself: Partial<Record<DifferenceRow["check_kind"], string>> = {
  overdue_hold: "The units were let go.",
  stale_source: "The source was heard of again.",
  parked_lines: "Nothing of it is parked any more.",
  channel: "What the channel was told is what its locations have.",
  statement: "The source states nothing of it any more, or nothing that can be compared.",
};

/** @param tolerance name of a rule by which it is near enough now, or null */
export function whatClosed(
  { check_kind, partition, finding, corrected }: Before,
  now: Basis,
  tolerance: string | null,
): ClosedBy {
  const nameOf = (sequence: number): string => formatMovementId(partition ?? 0, sequence);
  if (tolerance !== null)
    return { kind: "tolerance", detail: `It is near enough by rule ${tolerance}.`, sequence: null };
  if (corrected?.sequence != null) {
    const detail = `It was corrected by ${nameOf(corrected.sequence)}, for ${corrected.by}.`;
    return { kind: "correction", detail, sequence: corrected.sequence };
  }
  if (now.asOfMs !== null && (finding.asOfMs === null || now.asOfMs > finding.asOfMs)) {
    const detail = `The source stated it anew, for ${new Date(now.asOfMs).toISOString()}, and both agree.`;
    return { kind: "statement", detail, sequence: null };
  }
  if (now.lastSequence !== null && (finding.lastSequence === null || now.lastSequence > finding.lastSequence)) {
    const detail = `Since ${nameOf(now.lastSequence)} both agree.`;
    return { kind: "movement", detail, sequence: now.lastSequence };
  }
  const detail = byItself[check_kind] ?? "It was set right outside of the journal: no entry was recorded.";
  return { kind: byItself[check_kind] === undefined ? "outside" : "by_itself", detail, sequence: null };
}
