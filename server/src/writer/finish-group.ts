/** What follows the COMMIT of a group: its effects become state, the board and the metrics hear of it. */

import type { Decision } from "../core/decide.ts";
import { availableOf } from "../core/inventory/item.ts";
import { lineKey } from "../core/orders/order.ts";
import type { Outcome } from "../core/outcome.ts";
import type { CommittedEntry } from "../core/record/committed-entry.ts";
import type { WriterMetrics } from "../telemetry/writer-metrics.ts";
import { committedEntries } from "./committed-entries.ts";
import type { PreparedGroup } from "./group-rows.ts";
import type { CheckedItem } from "./group-state.ts";
import type { HeadBoard } from "./head-board.ts";
import type { Job } from "./job.ts";
import type { StateCache } from "./state-cache.ts";

/** Answers of a finished group, given out by the lane when it suits. */
export type GiveAnswers = () => void;

/**
 * Tells whoever reads the feed that there is something new; never waited for. What was committed can be had at once, and
 * only at once; null: it has to be read from the journal.
 */
export type OnCommitted = (entries: () => readonly CommittedEntry[] | null) => void;

export interface CommittedGroup {
  readonly jobs: readonly Job[];
  readonly decision: Decision;
  readonly group: PreparedGroup;
  /** What was found out about when items are due. */
  readonly checked: readonly CheckedItem[];
  /** Milliseconds that each stage took. */
  readonly stages: { readonly decideMs: number; readonly encodeMs: number; readonly commitMs: number };
}

interface Surroundings {
  readonly cache: StateCache;
  readonly board: HeadBoard;
  readonly metrics: WriterMetrics;
  readonly onCommitted: OnCommitted;
}

/**
 * Takes over a group that the database said COMMIT for; groups of a lane in the order of their COMMITs.
 * @returns what settles its jobs
 */
export function finishGroup(
  around: Surroundings,
  { jobs, decision, group, checked, stages }: CommittedGroup,
): GiveAnswers {
  const { cache, board, metrics } = around;
  around.onCommitted(() => committedEntries(decision, group.rows.hashes, cache));
  for (const head of group.moved) cache.setHead(head.partition, head);
  for (const { place, due, nextExpiryMs } of checked) {
    const isDone = due.every((line) => decision.draft.lines.get(lineKey(line))?.held === 0);
    if (isDone) cache.setExpiry(place, nextExpiryMs);
  }
  cache.adopt(decision.draft);
  board.observe(group.moved);
  metrics.groupCommitted({ commands: jobs.length, entries: group.rows.entries.length, ...stages });
  countOutcomes(metrics, decision.outcomes);
  const { headVector } = group.rows;
  return () => {
    for (const [index, job] of jobs.entries())
      job.settle({ outcome: decision.outcomes[index]!, headVector, replayed: false });
  };
}

function countOutcomes(metrics: WriterMetrics, outcomes: readonly Outcome[]): void {
  const refusals = new Map<string, number>();
  let oversold = 0;
  for (const outcome of outcomes) {
    if (outcome.kind === "rejected")
      refusals.set(outcome.rejection.code, (refusals.get(outcome.rejection.code) ?? 0) + 1);
    else if (outcome.kind === "lines") for (const { item } of outcome.lines) if (availableOf(item) < 0) oversold += 1;
  }
  for (const [code, count] of refusals) metrics.refused(code, count);
  if (oversold > 0) metrics.oversold(oversold);
}
