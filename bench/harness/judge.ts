import type { Measurement } from "./measurement.ts";
import { quietRounds } from "./quiet-rounds.ts";
import type { ScenarioRuns } from "./run-scenario.ts";
import type { Goal } from "./scenarios.ts";
import { median } from "./statistics.ts";

/** What became of one goal. */
export interface Verdict {
  readonly goal: Goal;
  /** Median of the ratios within the counted rounds, and their range; null when a side was not measured. */
  readonly ratio: number | null;
  readonly ratioMin: number | null;
  readonly ratioMax: number | null;
  readonly roundCount: number;
  readonly verdict: "met" | "MISSED" | "not measured";
}

/** Compares a scenario's cells with its goals. */
export function judge({ scenario, cells }: ScenarioRuns): readonly Verdict[] {
  return scenario.goals.map((goal): Verdict => {
    const numerator = cells.find((each) => each.cell.id === goal.numerator);
    const denominator = cells.find((each) => each.cell.id === goal.denominator);
    const rounds = numerator === undefined || denominator === undefined ? [] : quietRounds([numerator, denominator]);
    const ratios = rounds.map(
      (round) => compared(numerator!.runs[round]!, goal.measure) / compared(denominator!.runs[round]!, goal.measure),
    );
    if (ratios.length === 0) {
      return { goal, ratio: null, ratioMin: null, ratioMax: null, roundCount: 0, verdict: "not measured" };
    }
    const ratio = median(ratios);
    const rate = median(rounds.map((round) => numerator!.runs[round]!.unitsPerSecond));
    const isWithin =
      ratio >= (goal.atLeast ?? Number.NEGATIVE_INFINITY) && ratio <= (goal.atMost ?? Number.POSITIVE_INFINITY);
    const isMet = isWithin || rate >= (goal.orRateAtLeast ?? Number.POSITIVE_INFINITY);
    return {
      ...{ goal, ratio, ratioMin: Math.min(...ratios), ratioMax: Math.max(...ratios) },
      ...{ roundCount: ratios.length, verdict: isMet ? "met" : "MISSED" },
    };
  });
}

function compared(measurement: Measurement, measure: Goal["measure"]): number {
  if (measure === "rate") return measurement.unitsPerSecond;
  return (measure === "p50" ? measurement.latency?.p50Us : measurement.latency?.p99Us) ?? Number.NaN;
}
