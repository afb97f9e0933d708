/**
 * An import that is answered as it goes: each row's verdict is written as soon as it is decided, while later rows are still
 * being sent. Nothing is kept: whoever sends the rows again under the same key gets their first outcomes.
 */
import type { ImportSummary, RowResult } from "@onhand/protocol/bulk";
import { ProblemError } from "../../host/problem.ts";
import type { Clock } from "../../lib/clock.ts";
import { explainFailure } from "../rest/outcome-problems.ts";
import { bulkLimits } from "./bulk-limits.ts";
import { LineStream, NobodyReads } from "./line-stream.ts";
import type { RowImport } from "./row-import.ts";
import { RowsUnreadable, type SentRow } from "./row-source.ts";
import type { RowsAhead } from "./rows-ahead.ts";

export type MutableCounts = { done: number; applied: number; duplicate: number; rejected: number; valid: number };
/** @returns counts before the first row */
export const noCounts = (): MutableCounts => ({ done: 0, applied: 0, duplicate: 0, rejected: 0, valid: 0 });

/** Counts verdicts. */
export function countInto(counts: MutableCounts, results: readonly RowResult[]): void {
  for (const { verdict } of results) {
    counts.done += 1;
    counts[verdict as "applied"] += 1;
  }
}

export interface LiveImportOptions {
  readonly rows: RowsAhead;
  /** Taken already, to see whether there is anything to answer. */
  readonly first: readonly SentRow[] | null;
  readonly apply: RowImport;
  readonly mayRepeat: boolean;
  readonly clock: Clock;
  readonly isStopping: () => boolean;
  readonly onRows: (results: readonly RowResult[]) => void;
  /** Told of what nobody expected. */
  readonly onFailure: (error: unknown) => void;
}

/** @returns the answer, which goes on by itself, and when it is over */
export function answerLive(options: LiveImportOptions): { readonly stream: LineStream; readonly over: Promise<void> } {
  const stream = new LineStream(options.clock);
  stream.onGone = () => options.rows.stop();
  const over = run(options, stream).catch((error: unknown) => {
    if (!(error instanceof NobodyReads)) options.onFailure(error);
    stream.cut(error as Error);
  });
  return { stream, over: over.finally(() => options.rows.stop()) };
}

async function run(options: LiveImportOptions, stream: LineStream): Promise<void> {
  const { rows, apply, mayRepeat, isStopping } = options;
  const counts = noCounts();
  const inFlight: Promise<void>[] = [];
  let written: Promise<void> = Promise.resolve();
  let problem: ProblemError | null = null;
  let isComplete = true;
  try {
    for (let batch = options.first; batch !== null; batch = await rows.take()) {
      if (isStopping() || stream.isOver) {
        isComplete = false;
        break;
      }
      const { results } = await apply.apply(batch, mayRepeat);
      written = Promise.all([results, written]).then(async ([came]) => {
        countInto(counts, came);
        options.onRows(came);
        await stream.write(came.map((result) => `${JSON.stringify(result)}\n`).join(""));
      });
      written.catch(() => {});
      inFlight.push(written);
      if (inFlight.length >= bulkLimits.batchesInFlightMax) await inFlight.shift();
    }
  } catch (error) {
    problem = problemOf(error);
    isComplete = false;
  }
  await written.catch((error: unknown) => {
    problem = problemOf(error);
    isComplete = false;
  });
  const summary: ImportSummary = {
    summary: counts,
    complete: isComplete,
    ...(problem === null ? {} : { problem: (problem as ProblemError).toProblem() }),
  };
  await stream.write(`${JSON.stringify(summary)}\n`);
  stream.close();
}

/** Why the rest has no verdict. @throws whatever nobody expected */
function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof RowsUnreadable) return new ProblemError("validation_failed", error.message);
  if (error instanceof Error && error.name === "ImportStopped")
    return new ProblemError(
      "not_ready",
      "The database does not take changes. Send the rows again under the same key: none is applied twice.",
    );
  const explained = explainFailure(error);
  if (explained === null) throw error;
  return explained;
}
