/** What the groups of a lane share, and what one of them hands to the next. */
import type { Session } from "../db/session.ts";
import type { ReachFailpoint } from "../journal/group-transaction.ts";
import type { Clock } from "../lib/clock.ts";
import type { WriterMetrics } from "../telemetry/writer-metrics.ts";
import type { Effects } from "./ahead-state.ts";
import type { GiveAnswers, OnCommitted } from "./finish-group.ts";
import type { HeadBoard } from "./head-board.ts";
import type { StateCache } from "./state-cache.ts";

export interface RunnerContext {
  readonly cache: StateCache;
  readonly board: HeadBoard;
  readonly clock: Clock;
  readonly metrics: WriterMetrics;
  readonly reach: ReachFailpoint;
  /** Whether groups may be decided ahead at all. */
  readonly decidesAhead: boolean;
  /** An open session, a new one when the last one broke. */
  openSession(): Promise<Session>;
  readonly onCommitted: OnCommitted;
}

/** The database's clock, and when it was heard on the monotonic clock of this process. */
export interface ClockReading {
  readonly databaseMs: number;
  readonly heardAtMs: number;
}

/** A group whose COMMIT is on its way: another one can be decided on its effects and sent behind it. */
export interface SentGroup {
  readonly session: Session;
  readonly effects: Effects;
  readonly clock: ClockReading;
}

/** One try of a group. */
export interface Flight {
  /** Resolves once its COMMIT was written to the connection; null when nothing can be sent behind it. */
  readonly sent: Promise<SentGroup | null>;
  /** Resolves when nothing of the try is under way any more: with its answers, or null when it failed. */
  readonly ended: Promise<GiveAnswers | null>;
  /** Runs a group whose try failed to its end; nothing else of the lane may be in flight then. */
  again(): Promise<GiveAnswers>;
}
