/** What a source's statement and the journal differ by, in words: pure, from the movements since both last agreed. */
import type { DriftKind, ExplainingMovement } from "./difference.ts";

/** What was compared. */
export interface Drift {
  readonly stated: number;
  /** Units on hand here at that time. */
  readonly ours: number;
  /** The moment that the source spoke of. */
  readonly asOfMs: number;
  /** The last moment for which both agreed; null when they never did. */
  readonly agreedMs: number | null;
  /** What moved on hand since, oldest entry first; at most as many as were followed. */
  readonly movements: readonly ExplainingMovement[];
  /** False: there are more that were not followed. */
  readonly isWhole: boolean;
}

export interface DriftExplained {
  readonly kind: DriftKind;
  /** Those that explain it; where none do, the first since both agreed. */
  readonly movements: readonly ExplainingMovement[];
  readonly explanation: string;
}

const sum = (movements: readonly ExplainingMovement[]): number =>
  movements.reduce((units, { onHandDelta }) => units + onHandDelta, 0);

const by = (time: "occurredAtMs" | "recordedAtMs") => (a: ExplainingMovement, b: ExplainingMovement) =>
  a[time] - b[time] || a.sequence - b.sequence;

/** @returns the shortest run of the newest ones that comes to so many units; else the newest single one; else null */
function newestRun(movements: readonly ExplainingMovement[], units: number): readonly ExplainingMovement[] | null {
  for (let count = 1; count <= movements.length; count++) {
    const run = movements.slice(movements.length - count);
    if (sum(run) === units) return run;
  }
  const single = movements.findLast(({ onHandDelta }) => onHandDelta === units);
  return single === undefined ? null : [single];
}

/** @param drift of two sides that differ */
export function explainDrift(drift: Drift, movementsMax: number): DriftExplained {
  const { stated, ours, asOfMs, movements } = drift;
  const units = stated - ours;
  const apart = `${Math.abs(units)} ${Math.abs(units) === 1 ? "unit" : "units"} ${units > 0 ? "more" : "fewer"}`;
  const says = `The source states ${stated} for ${new Date(asOfMs).toISOString()}, which is ${apart} than the ${ours} that the journal has for then.`;
  const counted = movements.filter(({ occurredAtMs }) => occurredAtMs <= asOfMs);
  const later = movements.filter(({ occurredAtMs }) => occurredAtMs > asOfMs).toSorted(by("occurredAtMs"));
  const lacking =
    newestRun(counted.toSorted(by("occurredAtMs")), -units) ?? newestRun(counted.toSorted(by("recordedAtMs")), -units);
  if (lacking !== null)
    return {
      kind: "not_yet_there",
      movements: lacking.slice(0, movementsMax),
      explanation: `${says} It has not got ${named(lacking)} yet, which makes the difference exactly.`,
    };
  const early = earliestRun(later, units);
  if (early !== null)
    return {
      kind: "already_there",
      movements: early.slice(0, movementsMax),
      explanation: `${says} It has ${named(early)} already, which happened after that by our times and makes the difference exactly.`,
    };
  const agreed =
    drift.agreedMs === null
      ? "Both never agreed before"
      : `Both agreed for ${new Date(drift.agreedMs).toISOString()} last`;
  const since =
    counted.length === 0
      ? "nothing moved here since"
      : `${drift.isWhole ? "" : "at least "}${counted.length} ${counted.length === 1 ? "movement was" : "movements were"} recorded here since, the first of which are listed`;
  return {
    kind: units > 0 ? "surplus" : "shortage",
    movements: counted.slice(0, movementsMax),
    explanation: `${says} ${agreed}; ${since}, and none of them makes the difference. Something happened there that was not told here, or the other way round.`,
  };
}

/** @returns the shortest run of the oldest ones that comes to so many units, or null */
function earliestRun(movements: readonly ExplainingMovement[], units: number): readonly ExplainingMovement[] | null {
  for (let count = 1; count <= movements.length; count++) {
    const run = movements.slice(0, count);
    if (sum(run) === units) return run;
  }
  return null;
}

const named = (movements: readonly ExplainingMovement[]): string =>
  movements.length === 1 ? "one movement" : `${movements.length} movements`;
