/**
 * Decides a group while the one before it is being committed, and sends it behind that one on the same connection.
 *
 * Invariants: it is written only if the group before it was, and if every head and the locations are what it was decided
 * on: the database compares sequence, hash and epoch under the locks. Nothing becomes state and nobody is answered
 * before its own COMMIT was. When it fails, for whatever reason, it leaves nothing behind and is decided again under
 * its locks, with its keys looked up first.
 */
import { decide } from "../core/decide.ts";
import { controlPartition } from "../core/record/partition.ts";
import { ConnectionLost } from "../db/errors.ts";
import { CommitUnknown, GroupTransaction, groupStatements } from "../journal/group-transaction.ts";
import { AheadState } from "./ahead-state.ts";
import { finishGroup, type GiveAnswers } from "./finish-group.ts";
import { prepareGroup } from "./group-rows.ts";
import { type Job, partitionsOf } from "./job.ts";
import type { JobQueue } from "./job-queue.ts";
import { knowsAllOf } from "./knows-all.ts";
import type { OwnStreak } from "./own-streak.ts";
import type { Flight, RunnerContext, SentGroup } from "./runner-context.ts";

const aheadLimits = {
  /** How old the last look at the database's clock may be; then a group locks first and looks again. */
  clockAgeMsMax: 1_000,
  /** Entries in the queue: with more, one large group after the other costs less than smaller ones at once. */
  queuedEntriesMax: 500,
} as const;

/** The group before: sent, and perhaps not answered yet. */
export interface GroupBefore {
  readonly sent: SentGroup;
  readonly ended: Flight["ended"];
}

/** Runs jobs in the ordinary way. @param mayBeCommitted a COMMIT for them was sent and not answered */
export type RunAgain = (jobs: readonly Job[], mayBeCommitted: boolean) => Promise<GiveAnswers>;

/**
 * Takes the next group from the queue and sends it, if all that it needs is remembered and can be trusted.
 * @returns null when it has to wait for the group before and lock first; the queue is as it was then
 */
export function launchAhead(
  context: RunnerContext,
  streak: OwnStreak,
  before: GroupBefore,
  queue: JobQueue,
  runAgain: RunAgain,
): Flight | null {
  const { session, clock: reading, effects } = before.sent;
  if (!streak.isTrusted || session.isBroken || queue.size > aheadLimits.queuedEntriesMax) return null;
  if (context.clock.monotonicMs() - reading.heardAtMs > aheadLimits.clockAgeMsMax) return null;
  const { cache } = context;
  if (cache.catalogue === null || cache.head(controlPartition) === null) return null;
  // The database's clock as it was last heard, and the time since then: at most as late as the database's own, for the
  // answer took its time. `decide` lets it never fall below the heads', so recorded times do not go back.
  const nowMs = Math.floor(reading.databaseMs + context.clock.monotonicMs() - reading.heardAtMs);
  const state = new AheadState(cache, cache.catalogue, effects, nowMs);
  const jobs = queue.takeIf((job) => knowsAllOf(state, job));
  if (jobs.length === 0) return null;
  const sent = Promise.withResolvers<SentGroup | null>();
  let mayBeCommitted = false;
  const ended = tryAhead(context, before, { state, nowMs }, jobs, sent.resolve).then(
    (answers) => {
      streak.grow();
      return answers;
    },
    (error: unknown) => {
      streak.end();
      context.metrics.groupFailed(error);
      context.metrics.groupDropped();
      mayBeCommitted = error instanceof CommitUnknown;
      if (error instanceof ConnectionLost) session.destroy();
      sent.resolve(null);
      return null;
    },
  );
  return { sent: sent.promise, ended, again: () => runAgain(jobs, mayBeCommitted) };
}

/** Decides and sends before it first waits, so that the state is read in one go. */
async function tryAhead(
  context: RunnerContext,
  before: GroupBefore,
  { state, nowMs }: { readonly state: AheadState; readonly nowMs: number },
  jobs: readonly Job[],
  onSent: (sent: SentGroup | null) => void,
): Promise<GiveAnswers> {
  const { cache, board, clock, metrics } = context;
  const { session, clock: reading } = before.sent;
  const decidingAtMs = clock.monotonicMs();
  const decision = decide(
    state,
    jobs.map((job) => job.command),
    nowMs,
  );
  const decidedAtMs = clock.monotonicMs();
  const group = prepareGroup(cache, board, jobs, decision, nowMs, state);
  const statements = groupStatements(group.rows, group.catalogue, group.promised);
  const encodedAtMs = clock.monotonicMs();
  const committed = GroupTransaction.commitAhead(session, partitionsOf(jobs), statements);
  metrics.groupDecidedAhead();
  const effects = { draft: decision.draft, moved: group.moved };
  // By a head that it moves the next group can tell that this one was written.
  onSent(group.moved.length > 0 ? { session, effects, clock: reading } : null);
  let aloneFromMs = encodedAtMs;
  void before.ended.then(() => {
    aloneFromMs = clock.monotonicMs();
  });
  await committed;
  // Both answers may have come at once: the effects of the group before become state first.
  if ((await before.ended) === null) throw new Error("a group was committed behind one that was not");
  const stages = {
    decideMs: decidedAtMs - decidingAtMs,
    encodeMs: encodedAtMs - decidedAtMs,
    commitMs: clock.monotonicMs() - aloneFromMs,
  };
  return finishGroup(context, { jobs, decision, group, checked: [], stages });
}
