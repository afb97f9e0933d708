import { lostShare } from "./measurement.ts";
import type { CellRuns } from "./run-scenario.ts";

/** A run that lost more of the machine than this, to its host or to other processes, is not counted if there are better ones. */
export const LOST_SHARE_MAX = 0.15;

/**
 * The rounds (from 0) to count when these cells are compared: those in which no cell lost too much of the machine, or, when
 * there is none, the one in which the worst of them lost least. A ratio is always taken within a round.
 */
export function quietRounds(cells: readonly CellRuns[]): readonly number[] {
  const roundCount = Math.min(...cells.map((cell) => cell.runs.length));
  if (!Number.isFinite(roundCount) || roundCount === 0) return [];
  const rounds = Array.from({ length: roundCount }, (_, round) => round);
  const worstLoss = (round: number): number => Math.max(...cells.map((cell) => lostShare(cell.runs[round]!)));
  const quiet = rounds.filter((round) => worstLoss(round) <= LOST_SHARE_MAX);
  if (quiet.length > 0) return quiet;
  return [rounds.reduce((best, round) => (worstLoss(round) < worstLoss(best) ? round : best))];
}
