/**
 * Takes a group of jobs through its transaction: lock, catch up, load, decide, write, commit, answer. A group may be
 * sent behind another one that is being committed; see `decide-ahead.ts`.
 *
 * Invariants: a job is settled only after the database said COMMIT for its outcome. When the answer to a COMMIT is lost,
 * or the database finds that a key was used before, the group is executed again with the remembered outcomes looked up
 * first; so each command takes effect once however often it is tried. A job that alone makes the database refuse the
 * group is found by halving and fails by itself.
 */

import { decide } from "../core/decide.ts";
import { ConnectionLost, isTimeout, isTransient, WriteConflict } from "../db/errors.ts";
import type { Session } from "../db/session.ts";
import { CommitUnknown, GroupTransaction, groupStatements, type LockedHeads } from "../journal/group-transaction.ts";
import type { GroupRows } from "../journal/sql/append-group.ts";
import { catchUpControl, catchUpHeads } from "./catch-up.ts";
import { launchAhead } from "./decide-ahead.ts";
import { DatabaseUnavailable, NotLoaded, OutcomeUnknown, PoisonCommand } from "./errors.ts";
import { finishGroup, type GiveAnswers } from "./finish-group.ts";
import { type PreparedGroup, prepareGroup } from "./group-rows.ts";
import { type Job, partitionsOf } from "./job.ts";
import type { JobQueue } from "./job-queue.ts";
import { isOrdinary } from "./knows-all.ts";
import { loadState } from "./load-group.ts";
import { OwnStreak } from "./own-streak.ts";
import type { ClockReading, Flight, RunnerContext, SentGroup } from "./runner-context.ts";
import { answerReplay, splitRepeats } from "./split-repeats.ts";

const runnerLimits = {
  /** How long a group is tried before its callers are told that the outcome is unknown or the database away. */
  tryingMsMax: 15_000,
  retryDelayMsMin: 20,
  retryDelayMsMax: 1_000,
  /** Times that a group is loaded again for lack of something; then a command is at fault, and found by halving. */
  reloadsMax: 3,
} as const;

interface Attempt {
  /** Look the keys up first: one of them was used, or an earlier try may have been committed. */
  checkKeys: boolean;
  /** A COMMIT was sent whose answer never came. */
  mayBeCommitted: boolean;
  /** The last try got its locks: what was slow then was its own work, not somebody who held them. */
  hadLocks: boolean;
  /** It got no further than looking up what it needs. */
  wasLoading: boolean;
  count: number;
  /** Tries in which something was not loaded. */
  reloads: number;
}

const firstAttempt = (jobs: readonly Job[]): Attempt => ({
  checkKeys: jobs.some((job) => job.isRepeat),
  mayBeCommitted: false,
  hadLocks: false,
  wasLoading: false,
  count: 0,
  reloads: 0,
});

/** Told of a group once its COMMIT was written to the connection. */
type OnSent = (sent: SentGroup | null) => void;

export class GroupRunner {
  readonly #context: RunnerContext;
  readonly #streak = new OwnStreak();

  constructor(context: RunnerContext) {
    this.#context = context;
  }

  /** Starts a group's first try, in which another one can be sent behind it. */
  launch(jobs: readonly Job[]): Flight {
    const attempt = firstAttempt(jobs);
    const startedAtMs = this.#context.clock.monotonicMs();
    const sent = Promise.withResolvers<SentGroup | null>();
    let failure: unknown;
    const ended = this.#tryOnce(jobs, attempt, sent.resolve).catch((error: unknown) => {
      failure = error;
      sent.resolve(null);
      return null;
    });
    return {
      sent: sent.promise,
      ended,
      again: async () =>
        (await this.#afterFailure(jobs, attempt, failure, startedAtMs)) ?? this.run(jobs, attempt, startedAtMs),
    };
  }

  /** Sends the next group of the queue behind another, or leaves the queue as it is and returns null. */
  launchBehind(sent: SentGroup, ended: Flight["ended"], queue: JobQueue): Flight | null {
    return launchAhead(this.#context, this.#streak, { sent, ended }, queue, (jobs, mayBeCommitted) =>
      this.run(jobs, { ...firstAttempt(jobs), checkKeys: true, mayBeCommitted }),
    );
  }

  /** Runs a group to its end, with nothing else in flight. Never rejects: every job is settled or failed. */
  async run(
    jobs: readonly Job[],
    attempt: Attempt = firstAttempt(jobs),
    startedAtMs: number = this.#context.clock.monotonicMs(),
  ): Promise<GiveAnswers> {
    for (;;) {
      try {
        return await this.#tryOnce(jobs, attempt, () => {});
      } catch (error) {
        const answers = await this.#afterFailure(jobs, attempt, error, startedAtMs);
        if (answers !== null) return answers;
      }
    }
  }

  /** Decides what a failed try means. @returns the answers, or null when the group is to be tried again */
  async #afterFailure(
    jobs: readonly Job[],
    attempt: Attempt,
    error: unknown,
    startedAtMs: number,
  ): Promise<GiveAnswers | null> {
    if (error instanceof CommitUnknown) attempt.mayBeCommitted = true;
    // Counters that would part from their lines are nobody else's doing: a command that does that is found by halving.
    const isConflict =
      (error instanceof WriteConflict && error.what !== "counters") ||
      (error instanceof NotLoaded && attempt.reloads++ < runnerLimits.reloadsMax);
    // A group that was too slow twice, though it had its locks, is too much at once: halves find out whose fault it is.
    // One that was too slow with what it looks up would be so again.
    const isSlow = attempt.wasLoading || (attempt.hadLocks && attempt.count > 0);
    const isTooMuch = isTimeout(error) && isSlow && jobs.length > 1;
    if (!isConflict && (isTooMuch || !isTransient(error))) return this.#isolate(jobs, attempt, error);
    attempt.checkKeys = true;
    attempt.count += 1;
    if (this.#context.clock.monotonicMs() - startedAtMs > runnerLimits.tryingMsMax) return giveUp(jobs, attempt, error);
    if (!isConflict) await this.#pause(attempt.count);
    return null;
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

  async #tryOnce(jobs: readonly Job[], attempt: Attempt, onSent: OnSent): Promise<GiveAnswers> {
    const { cache, reach, metrics, clock } = this.#context;
    const startedAtMs = clock.monotonicMs();
    const partitions = partitionsOf(jobs);
    attempt.hadLocks = false;
    attempt.wasLoading = false;
    // Here nothing else of the lane is in flight, so nothing rests on what is dropped.
    for (const partition of partitions) cache.trim(partition);
    let session: Session | null = null;
    try {
      session = await this.#context.openSession();
      const { transaction, locked } = await GroupTransaction.lock(session, partitions, reach);
      const lockedAtMs = clock.monotonicMs();
      attempt.hadLocks = true;
      attempt.wasLoading = true;
      const metOthers = await catchUpHeads(transaction, cache, locked);
      if (metOthers) this.#streak.end();
      await catchUpControl(transaction, cache, locked.controlSequence, locked.heads[0]!.epoch);
      const { fresh, repeats, known } = await splitRepeats(transaction, jobs, attempt.checkKeys);
      metrics.groupLocked(clock.monotonicMs() - startedAtMs);
      const reading = { databaseMs: locked.nowMs, heardAtMs: lockedAtMs };
      const open = { session, transaction, locked, reading };
      const { answers, rows } = await this.#decideAndCommit(open, fresh, (sent) => {
        attempt.wasLoading = false;
        onSent(sent);
      });
      if (!metOthers) this.#streak.grow();
      if (repeats.length === 0) return answers;
      for (const row of rows.results) known.set(row.key, { ...row, heads: rows.headVector });
      return () => {
        answers();
        for (const job of repeats) answerReplay(job, known.get(job.command.key));
      };
    } catch (error) {
      metrics.groupFailed(error);
      this.#streak.end();
      // What is remembered is wrong, and no entry tells what is right.
      if (error instanceof WriteConflict && (error.what === "counters" || error.what === "channel levels"))
        for (const partition of partitions) cache.drop(partition);
      // Behind whatever was sent after this group: when it is answered, nothing of the connection is under way.
      if (session !== null) await leave(session, error);
      throw error;
    }
  }

  async #decideAndCommit(
    open: OpenGroup,
    jobs: readonly Job[],
    onSent: OnSent,
  ): Promise<{ answers: GiveAnswers; rows: GroupRows }> {
    const { cache, board, clock } = this.#context;
    const { transaction, locked } = open;
    const commands = jobs.map((job) => job.command);
    const partitions = locked.heads.map((head) => head.partition);
    const state = await loadState(transaction, cache, commands, partitions, locked.nowMs);
    const decidingAtMs = clock.monotonicMs();
    const decision = decide(state, commands, locked.nowMs);
    const decidedAtMs = clock.monotonicMs();
    const group = prepareGroup(cache, board, jobs, decision, locked.nowMs);
    const statements = groupStatements(group.rows, group.catalogue, group.promised);
    const encodedAtMs = clock.monotonicMs();
    const committed = transaction.commit(statements);
    onSent(
      this.#canBeFollowed(jobs, group)
        ? { session: open.session, effects: { draft: decision.draft, moved: group.moved }, clock: open.reading }
        : null,
    );
    await committed;
    const stages = {
      decideMs: decidedAtMs - decidingAtMs,
      encodeMs: encodedAtMs - decidedAtMs,
      commitMs: clock.monotonicMs() - encodedAtMs,
    };
    const { checked } = state.facts;
    return { answers: finishGroup(this.#context, { jobs, decision, group, checked, stages }), rows: group.rows };
  }

  /** Only behind changes of stock, and only when they move a head, by which the next group can tell that they were written. */
  #canBeFollowed(jobs: readonly Job[], group: PreparedGroup): boolean {
    const { decidesAhead, reach } = this.#context;
    return decidesAhead && reach === null && this.#streak.isTrusted && group.moved.length > 0 && jobs.every(isOrdinary);
  }
}

/** A group's transaction that has its locks. */
interface OpenGroup {
  readonly session: Session;
  readonly transaction: GroupTransaction;
  readonly locked: LockedHeads;
  readonly reading: ClockReading;
}

/** Ends a failed transaction, or the connection when it is lost. */
async function leave(session: Session, error: unknown): Promise<void> {
  if (error instanceof ConnectionLost || session.isBroken) session.destroy();
  else await session.command("ROLLBACK").catch(() => session.destroy());
}

function giveUp(jobs: readonly Job[], attempt: Attempt, cause: unknown): GiveAnswers {
  const error = attempt.mayBeCommitted
    ? new OutcomeUnknown("the database did not say whether the change was committed", { cause })
    : new DatabaseUnavailable("the database did not answer", { cause });
  return () => {
    for (const job of jobs) job.fail(error);
  };
}
