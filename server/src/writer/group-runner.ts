/**
 * Takes a group of jobs through its transaction: lock, catch up, load, decide, write, commit, answer.
 *
 * Invariants: a job is settled only after the database said COMMIT for its outcome. When the answer to a COMMIT is lost,
 * or the database finds that a key was used before, the group is executed again with the remembered outcomes looked up
 * first; so each command takes effect once however often it is tried. A job that alone makes the database refuse the
 * group is found by halving and fails by itself.
 */

import { decide } from "../core/decide.ts";
import { availableOf } from "../core/item.ts";
import type { Outcome } from "../core/outcome.ts";
import { partitionOf } from "../core/partition.ts";
import { ConnectionLost, isTimeout, isTransient, WriteConflict } from "../db/errors.ts";
import type { Session } from "../db/session.ts";
import {
  CommitUnknown,
  GroupTransaction,
  groupStatements,
  type LockedHeads,
  type ReachFailpoint,
  type StoredOutcome,
} from "../journal/group-transaction.ts";
import type { GroupRows } from "../journal/sql/append-group.ts";
import type { Clock } from "../lib/clock.ts";
import type { WriterMetrics } from "../telemetry/writer-metrics.ts";
import { catchUpControl, catchUpHeads } from "./catch-up.ts";
import { DatabaseUnavailable, KeyReused, OutcomeUnknown, Overloaded, PoisonCommand } from "./errors.ts";
import { prepareGroup } from "./group-rows.ts";
import { loadState } from "./group-state.ts";
import type { HeadBoard } from "./head-board.ts";
import type { Job, Settled } from "./job.ts";
import type { StateCache } from "./state-cache.ts";

const runnerLimits = {
  /** How long a group is tried before its callers are told that the outcome is unknown or the database away. */
  tryingMsMax: 15_000,
  retryDelayMsMin: 20,
  retryDelayMsMax: 1_000,
} as const;

export interface RunnerContext {
  readonly cache: StateCache;
  readonly board: HeadBoard;
  readonly clock: Clock;
  readonly metrics: WriterMetrics;
  readonly reach: ReachFailpoint;
  /** An open session, a new one when the last one broke. */
  openSession(): Promise<Session>;
  /** Tells whoever reads the feed that there is something new; never waited for. */
  onCommitted(): void;
}

const firstAttempt = (jobs: readonly Job[]): Attempt => ({
  checkKeys: jobs.some((job) => job.isRepeat),
  mayBeCommitted: false,
  hadLocks: false,
  count: 0,
});

/** Answers of a finished group, given out by the lane after it has sent its next one. */
export type GiveAnswers = () => void;

interface Attempt {
  /** Look the keys up first: one of them was used, or an earlier try may have been committed. */
  checkKeys: boolean;
  /** A COMMIT was sent whose answer never came. */
  mayBeCommitted: boolean;
  /** The last try got its locks: what was slow then was its own work, not somebody who held them. */
  hadLocks: boolean;
  count: number;
}

export class GroupRunner {
  readonly #context: RunnerContext;

  constructor(context: RunnerContext) {
    this.#context = context;
  }

  /** Runs a group to its end. Never rejects: every job is settled or failed. */
  async run(jobs: readonly Job[], attempt: Attempt = firstAttempt(jobs)): Promise<GiveAnswers> {
    const { clock, metrics } = this.#context;
    const startedAtMs = clock.monotonicMs();
    for (;;) {
      try {
        return await this.#tryOnce(jobs, attempt);
      } catch (error) {
        metrics.groupFailed(error);
        if (error instanceof CommitUnknown) attempt.mayBeCommitted = true;
        const isConflict = error instanceof WriteConflict;
        // A group that was too slow twice, though it had its locks, is too much at once: halves find out whose fault it is.
        const isTooMuch = isTimeout(error) && attempt.hadLocks && attempt.count > 0 && jobs.length > 1;
        if (!isConflict && (isTooMuch || !isTransient(error))) return this.#isolate(jobs, attempt, error);
        attempt.checkKeys = true;
        attempt.count += 1;
        if (clock.monotonicMs() - startedAtMs > runnerLimits.tryingMsMax) return giveUp(jobs, attempt, error);
        if (!isConflict) await this.#pause(attempt.count);
      }
    }
  }

  /** Waits longer after each failure, so that a database that comes back is not greeted by a storm. */
  #pause(failures: number): Promise<void> {
    const delayMs = Math.min(runnerLimits.retryDelayMsMax, runnerLimits.retryDelayMsMin * 2 ** Math.min(failures, 10));
    return new Promise((resolve) => void this.#context.clock.after(delayMs, resolve));
  }

  /** Finds the job that the database refuses by running halves, so that its neighbours succeed. */
  async #isolate(jobs: readonly Job[], attempt: Attempt, cause: unknown): Promise<GiveAnswers> {
    if (jobs.length === 1) {
      const error = new PoisonCommand("the database refused the command", { cause });
      return () => jobs[0]!.fail(error);
    }
    const middle = Math.ceil(jobs.length / 2);
    const first = await this.run(jobs.slice(0, middle), { ...attempt });
    const second = await this.run(jobs.slice(middle), { ...attempt });
    return () => {
      first();
      second();
    };
  }

  async #tryOnce(jobs: readonly Job[], attempt: Attempt): Promise<GiveAnswers> {
    const { cache, reach, metrics, clock } = this.#context;
    const startedAtMs = clock.monotonicMs();
    const session = await this.#context.openSession();
    const partitions =
      jobs.length === 1
        ? jobs[0]!.partitions
        : [...new Set(jobs.flatMap((job) => job.partitions))].sort((a, b) => a - b);
    attempt.hadLocks = false;
    try {
      const { transaction, locked } = await GroupTransaction.lock(session, partitions, reach);
      attempt.hadLocks = true;
      await catchUpHeads(transaction, cache, locked);
      await catchUpControl(transaction, cache, locked.controlSequence, this.#context.board.epoch());
      const { fresh, repeats, known } = await splitRepeats(transaction, jobs, attempt.checkKeys);
      metrics.groupLocked(clock.monotonicMs() - startedAtMs);
      const { answers, rows } = await this.#decideAndCommit(transaction, locked, fresh);
      if (repeats.length === 0) return answers;
      for (const row of rows.results) known.set(row.key, { ...row, heads: rows.headVector });
      return () => {
        answers();
        for (const job of repeats) answerReplay(job, known.get(job.command.key));
      };
    } catch (error) {
      if (error instanceof ConnectionLost || session.isBroken) session.destroy();
      else await session.command("ROLLBACK").catch(() => session.destroy());
      throw error;
    } finally {
      for (const partition of partitions) cache.trim(partition);
    }
  }

  async #decideAndCommit(
    transaction: GroupTransaction,
    locked: LockedHeads,
    jobs: readonly Job[],
  ): Promise<{ answers: GiveAnswers; rows: GroupRows }> {
    const { cache, board, clock, metrics } = this.#context;
    const commands = jobs.map((job) => job.command);
    const state = await loadState(transaction, cache, commands);
    const decidingAtMs = clock.monotonicMs();
    const decision = decide(state, commands, locked.nowMs);
    const decidedAtMs = clock.monotonicMs();
    const group = prepareGroup(cache, board, jobs, decision, locked.nowMs);
    const statements = groupStatements(group.rows, group.catalogue);
    const encodedAtMs = clock.monotonicMs();
    await transaction.commit(statements);
    for (const head of group.moved) cache.setHead(head.partition, head);
    cache.adopt(decision.draft, (productId) => partitionOf(productId, cache.partitionCount));
    board.observe(group.moved);
    metrics.groupCommitted({
      commands: jobs.length,
      entries: group.rows.entries.length,
      decideMs: decidedAtMs - decidingAtMs,
      encodeMs: encodedAtMs - decidedAtMs,
      commitMs: clock.monotonicMs() - encodedAtMs,
    });
    countOutcomes(metrics, decision.outcomes);
    this.#context.onCommitted();
    const { headVector } = group.rows;
    const answers = (): void => {
      for (const [index, job] of jobs.entries())
        job.settle({ outcome: decision.outcomes[index]!, headVector, replayed: false });
    };
    return { answers, rows: group.rows };
  }
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

interface SplitJobs {
  /** To be decided. */
  readonly fresh: readonly Job[];
  /** To be answered with what is remembered, or with what another job of the group under the same key comes to. */
  readonly repeats: readonly Job[];
  readonly known: Map<string, StoredOutcome>;
}

/** Separates the jobs whose outcome is known already; a key may also come twice within the group. */
async function splitRepeats(
  transaction: GroupTransaction,
  jobs: readonly Job[],
  checkKeys: boolean,
): Promise<SplitJobs> {
  if (!checkKeys) return { fresh: jobs, repeats: [], known: new Map() };
  const stored = await transaction.results(
    jobs.map((job) => ({ partition: job.resultPartition, key: job.command.key })),
  );
  const known = new Map(stored.map((row) => [row.key, row]));
  const fresh = new Map<string, Job>();
  const repeats: Job[] = [];
  for (const job of jobs) {
    const { key } = job.command;
    if (known.has(key) || fresh.has(key)) repeats.push(job);
    else fresh.set(key, job);
  }
  return { fresh: [...fresh.values()], repeats, known };
}

function answerReplay(job: Job, stored: StoredOutcome | undefined): void {
  if (stored === undefined) {
    job.fail(new Overloaded("another request under this key came to nothing that is remembered"));
    return;
  }
  if (stored.requestHash !== job.command.requestHash) {
    job.fail(new KeyReused("the idempotency key was used before for another request"));
    return;
  }
  const settled: Settled = { outcome: JSON.parse(stored.outcome) as Outcome, headVector: stored.heads, replayed: true };
  job.settle(settled);
}

function giveUp(jobs: readonly Job[], attempt: Attempt, cause: unknown): GiveAnswers {
  const error = attempt.mayBeCommitted
    ? new OutcomeUnknown("the database did not say whether the change was committed", { cause })
    : new DatabaseUnavailable("the database did not answer", { cause });
  return () => {
    for (const job of jobs) job.fail(error);
  };
}
