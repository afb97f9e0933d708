/**
 * Applies sessions to the journal, some lines at a time. Each line is a command under a key that follows from session, line
 * and revision: whoever posts a session again, after a crash or at the same time on another server, finds what was
 * applied before and goes on behind it. A session is posted only when all its lines are. Lines are applied for a round of
 * posting: whoever is late finds that it is over, and changes nothing of a session that is open again.
 */
import type { ProblemCode } from "@onhand/protocol/problems";
import { type Poster, sessionCountCommand } from "../commands/count-commands.ts";
import { textOf } from "../commands/entry-text.ts";
import type { Command } from "../core/command.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import type { KeyedRequest } from "../registry/remembered.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import { countLimits } from "./count-limits.ts";
import type { CountSessions, ShownSession } from "./count-sessions.ts";
import { type PendingRow, type PostedLine, recordPosted, selectIfPending, selectPending } from "./sql/lines.ts";

/** What a failure means for the line that it was met with. */
export interface LineFailure {
  readonly code: ProblemCode;
  readonly detail: string;
  /** It would fail again however often it is tried. */
  readonly isFinal: boolean;
}

/** A line was not settled, and its session may be posted again. */
const notSettled = (why: string, cause?: unknown): WorkRefusal =>
  new WorkRefusal(
    "overloaded",
    `Not all lines could be applied: ${why}. Those that were stay applied. Wait for Retry-After and post the session again; it goes on where it is.`,
    {},
    { cause },
  );

export interface CountPosterOptions {
  readonly database: Queryable;
  readonly sessions: CountSessions;
  /** Has a command decided; `replayed` when it had been before. */
  readonly submit: (command: Command) => Promise<{ readonly outcome: Outcome; readonly replayed?: boolean }>;
  /** Says what a failure means; null for one that is not known. */
  readonly explain: (error: unknown) => LineFailure | null;
  readonly clock: Clock;
}

export interface Posted {
  readonly session: ShownSession;
  /** The request had been met before. */
  readonly isReplayed: boolean;
}

export class CountPoster {
  readonly #options: CountPosterOptions;
  /** Rounds of posting that this server applies. */
  readonly #underWay = new Map<string, Promise<void>>();
  #isStopped = false;

  constructor(options: CountPosterOptions) {
    this.#options = options;
  }

  /**
   * Applies a session, or goes on with it, and waits for that, but not for ever: afterwards it goes on by itself.
   * @throws WorkRefusal; whatever kept a line from being settled, after which it may be posted again
   */
  async post(request: KeyedRequest, sessionId: string, poster: Poster, version: number | null): Promise<Posted> {
    const { sessions } = this.#options;
    const { answer, isReplayed } = await sessions.beginPosting(request, sessionId, poster.actor, version);
    try {
      if (answer.posting !== null) await this.#applied(sessionId, answer.posting, poster);
      return { session: await sessions.get(sessionId), isReplayed };
    } catch (error) {
      // Some lines may have been applied: it would be wrong to say that nothing was changed.
      const failure = error instanceof WorkRefusal ? null : this.#options.explain(error);
      throw failure === null ? error : notSettled(failure.detail, error);
    }
  }

  /** Begins no more steps, and waits for those under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.allSettled(this.#underWay.values());
  }

  /** Waits until a round is applied, or for long enough. */
  async #applied(sessionId: string, posting: number, poster: Poster): Promise<void> {
    const { sessions, clock } = this.#options;
    const round = `${sessionId}/${posting}`;
    const session = await sessions.get(sessionId);
    let applying = this.#underWay.get(round);
    if (applying === undefined) {
      applying = this.#apply(session, posting, poster).finally(() => this.#underWay.delete(round));
      this.#underWay.set(round, applying);
    }
    // Whoever waited long enough is told how far it is; a failure that comes later is met by the next call.
    applying.catch(() => {});
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(countLimits.postWaitMsMax, resolve);
    await Promise.race([applying, promise]).finally(cancel);
  }

  async #apply(session: ShownSession, posting: number, poster: Poster): Promise<void> {
    const { database, sessions } = this.#options;
    const sessionId = session.session_id;
    for (;;) {
      const { rows } = await database.query<PendingRow>(selectPending(sessionId, posting, countLimits.linesPerStep));
      if (rows.length === 0) break;
      if (this.#isStopped) throw notSettled("the server is stopping");
      const settled = await Promise.allSettled(rows.map((row) => this.#applyLine(session, posting, poster, row)));
      const posted = settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      if (posted.length > 0) await database.query(recordPosted(sessionId, posting, posted));
      const failed = settled.find((each) => each.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    }
    await sessions.endPosting(sessionId, posting);
  }

  async #applyLine(session: ShownSession, posting: number, poster: Poster, row: PendingRow): Promise<PostedLine> {
    const { line, revision } = row;
    const place = { line, revision };
    const refused = { ...place, verdict: "rejected" as const, sequence: null };
    let outcome: Outcome;
    try {
      outcome = await this.#decide(session, posting, poster, row);
    } catch (error) {
      const failure = this.#options.explain(error);
      if (failure?.isFinal !== true) throw error;
      return { ...refused, code: failure.code, detail: failure.detail };
    }
    if (outcome.kind === "rejected") {
      const { code, detail, isStale } = outcome.rejection;
      if (isStale === true) throw notSettled(detail);
      return { ...refused, code, detail };
    }
    if (outcome.kind !== "lines") throw new Error("a count came to something else than lines");
    const { sequence, contained, review } = outcome.lines[0]!;
    const verdict = review !== undefined ? "review" : contained !== undefined ? "contained" : "applied";
    return { ...place, verdict, sequence, code: null, detail: null };
  }

  /** A refusal that was never written down, for its server died, is asked about once more: its cause may be mended. */
  async #decide(session: ShownSession, posting: number, poster: Poster, row: PendingRow): Promise<Outcome> {
    const { database, submit } = this.#options;
    const first = await submit(commandOf(session, poster, row, row.revision));
    if (first.replayed !== true || first.outcome.kind !== "rejected") return first.outcome;
    // Another server may have written it down just now, and the session may be open again.
    const { rows } = await database.query(selectIfPending(session.session_id, posting, row));
    if (rows.length === 0) return first.outcome;
    // The revision that the line has once its refusal is written down.
    return (await submit(commandOf(session, poster, row, row.revision + 1))).outcome;
  }
}

function commandOf(session: ShownSession, poster: Poster, row: PendingRow, revision: number): Command {
  const { session_id: sessionId, location_id: locationId, reference } = session;
  return sessionCountCommand({ sessionId, line: row.line, revision }, poster, {
    productId: row.product_id,
    sku: null,
    isFoundBySku: false,
    locationId,
    stockLevel: row.counted,
    countedAtMs: row.counted_at,
    clock: row.device_id === null ? null : { deviceId: row.device_id, errorMs: row.clock_error_ms },
    text: textOf(`Count session ${sessionId}`, reference ?? sessionId),
  });
}
