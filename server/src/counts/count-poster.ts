/**
 * Applies sessions to the journal, some lines at a time. Each line is a command under a key that follows from session, line
 * and revision: whoever posts a session again, after a crash or at the same time on another server, finds what was
 * applied before and goes on behind it. A session is posted only when all its lines are.
 */
import { type Poster, sessionCountCommand } from "../commands/count-commands.ts";
import { textOf } from "../commands/entry-text.ts";
import type { Command } from "../core/command.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import { countLimits } from "./count-limits.ts";
import type { CountSessions, ShownSession } from "./count-sessions.ts";
import { type PendingRow, type PostedLine, recordPosted, selectPending } from "./sql/lines.ts";

/** A line was not settled, and its session may be posted again. */
const notSettled = (why: string): WorkRefusal =>
  new WorkRefusal(
    "overloaded",
    `Not all lines could be applied: ${why}. Wait for Retry-After and post the session again; it goes on where it is.`,
  );

export interface CountPosterOptions {
  readonly database: Queryable;
  readonly sessions: CountSessions;
  /** Has a command decided. */
  readonly submit: (command: Command) => Promise<{ readonly outcome: Outcome }>;
  readonly clock: Clock;
}

export class CountPoster {
  readonly #options: CountPosterOptions;
  /** Sessions that this server applies. */
  readonly #underWay = new Map<string, Promise<void>>();
  #isStopped = false;

  constructor(options: CountPosterOptions) {
    this.#options = options;
  }

  /**
   * Applies a session, or goes on with it, and waits for that, but not for ever: afterwards it goes on by itself.
   * @throws WorkRefusal; whatever kept a line from being settled, after which it may be posted again
   */
  async post(sessionId: string, poster: Poster, version: number | null): Promise<ShownSession> {
    const { sessions, clock } = this.#options;
    if (await sessions.beginPosting(sessionId, poster.actor, version)) {
      const session = await sessions.get(sessionId);
      let applying = this.#underWay.get(sessionId);
      if (applying === undefined) {
        applying = this.#apply(session, poster).finally(() => this.#underWay.delete(sessionId));
        this.#underWay.set(sessionId, applying);
      }
      // Whoever waited long enough is told how far it is; a failure that comes later is met by the next call.
      applying.catch(() => {});
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(countLimits.postWaitMsMax, resolve);
      await Promise.race([applying, promise]).finally(cancel);
    }
    return sessions.get(sessionId);
  }

  /** Begins no more steps, and waits for those under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.allSettled(this.#underWay.values());
  }

  async #apply(session: ShownSession, poster: Poster): Promise<void> {
    const { database, sessions } = this.#options;
    for (;;) {
      const { rows } = await database.query<PendingRow>(selectPending(session.session_id, countLimits.linesPerStep));
      if (rows.length === 0) break;
      if (this.#isStopped) throw notSettled("the server is stopping");
      const settled = await Promise.allSettled(rows.map((row) => this.#applyLine(session, poster, row)));
      const posted = settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      if (posted.length > 0) await database.query(recordPosted(session.session_id, posted));
      const failed = settled.find((each) => each.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    }
    await sessions.endPosting(session.session_id);
  }

  async #applyLine(session: ShownSession, poster: Poster, row: PendingRow): Promise<PostedLine> {
    const { session_id: sessionId, location_id: locationId, reference } = session;
    const { line, revision } = row;
    const { outcome } = await this.#options.submit(
      sessionCountCommand({ sessionId, line, revision }, poster, {
        productId: row.product_id,
        sku: null,
        isFoundBySku: false,
        locationId,
        stockLevel: row.counted,
        countedAtMs: row.counted_at,
        clock: row.device_id === null ? null : { deviceId: row.device_id, errorMs: row.clock_error_ms },
        text: textOf(`Count session ${sessionId}`, reference ?? sessionId),
      }),
    );
    const place = { line, revision };
    if (outcome.kind === "rejected") {
      const { code, detail, isStale } = outcome.rejection;
      if (isStale === true) throw notSettled(detail);
      return { ...place, verdict: "rejected", sequence: null, code, detail };
    }
    if (outcome.kind !== "lines") throw new Error("a count came to something else than lines");
    const { sequence, contained, review } = outcome.lines[0]!;
    const verdict = review !== undefined ? "review" : contained !== undefined ? "contained" : "applied";
    return { ...place, verdict, sequence, code: null, detail: null };
  }
}
