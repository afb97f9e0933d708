/**
 * Count sessions: working papers at a location. Modes of one: open (lines come, are replaced and taken out) → posting (lines
 * are applied, nothing else changes) → posted, or open again when lines were refused; open → cancelled. Whoever changes
 * a session locks its row first, so that changes come one after another whichever server they go through.
 */
import type { OpenCountSession } from "@onhand/protocol/counts";
import { lifeStates } from "@onhand/protocol/vocabulary";
import type { Database, Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { type KeyedRequest, type Remembered, remembered } from "../registry/remembered.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import { countLimits } from "./count-limits.ts";
import * as lines from "./sql/lines.ts";
import * as sql from "./sql/sessions.ts";

export type { ShownSession } from "./sql/sessions.ts";

export interface SessionPage {
  readonly rows: readonly sql.ShownSession[];
  /** Id of its last row, or null on the last page. */
  readonly next: string | null;
}

export class CountSessions {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** @throws WorkRefusal when there is none */
  async get(sessionId: string): Promise<sql.ShownSession> {
    const { rows } = await this.#database.query<sql.ShownSession>(sql.selectSession(sessionId));
    if (rows[0] === undefined) throw noSession(sessionId);
    return rows[0];
  }

  async list(
    filter: Parameters<typeof sql.listSessions>[0],
    before: string | null,
    limit: number,
  ): Promise<SessionPage> {
    const { rows } = await this.#database.query<sql.ShownSession>(sql.listSessions(filter, before, limit + 1));
    return { rows: rows.slice(0, limit), next: rows.length > limit ? rows[limit - 1]!.session_id : null };
  }

  /** @throws WorkRefusal when the location takes no changes, or has too many sessions that have not ended */
  open(request: KeyedRequest, body: OpenCountSession): Promise<Remembered<{ readonly sessionId: string }>> {
    const sessionId = sortableId("cnt_", this.#clock.nowMs());
    const { locationId, blind = false, reference = null } = body;
    return remembered(this.#database, request, async (connection) => {
      await requireRoomAt(connection, locationId);
      await connection.query(sql.insertSession(sessionId, locationId, blind, reference, request.principal));
      return { sessionId };
    });
  }

  /** Gives it up; nothing of it is applied. One that was given up before stays so. @throws WorkRefusal */
  cancel(request: KeyedRequest, sessionId: string, version: number | null): Promise<Remembered<object>> {
    return remembered(this.#database, request, async (connection) => {
      const session = await lockedSession(connection, sessionId, version);
      if (session.status === "cancelled") return {};
      if (session.status !== "open") throw notOpen(session, "cancelled");
      const { rows } = await connection.query<sql.ShownSession>(sql.selectSession(sessionId));
      const { applied, contained, review } = rows[0]!;
      if (applied + contained + review > 0) throw partlyApplied(session);
      await connection.query(sql.setStatus(sessionId, "cancelled"));
      return {};
    });
  }

  /**
   * From now on its lines are applied. A repeat under its key begins no other round, whatever became of the session since.
   * @returns the round that they are applied in; null when nothing is left to be done
   * @throws WorkRefusal when it was cancelled, or has no lines
   */
  beginPosting(
    request: KeyedRequest,
    sessionId: string,
    by: string,
    version: number | null,
  ): Promise<Remembered<{ readonly posting: number | null }>> {
    return remembered(this.#database, request, async (connection) => {
      const session = await lockedSession(connection, sessionId, version);
      if (session.status === "cancelled") throw notOpen(session, "posted");
      if (session.status !== "open") return { posting: session.status === "posting" ? session.posting : null };
      const { rows } = await connection.query<{ lines: number }>(lines.countLines(sessionId));
      if (rows[0]!.lines === 0)
        throw new WorkRefusal(
          "validation_failed",
          "The session has no lines. Send what was counted first, or cancel it.",
        );
      await connection.query(lines.retryRejected(sessionId));
      const { rows: begun } = await connection.query<{ posting: number }>(sql.startPosting(sessionId, by));
      return { posting: begun[0]!.posting };
    });
  }

  /** Nothing is pending any more: it is posted, or open again with the lines that were refused. */
  endPosting(sessionId: string, posting: number): Promise<void> {
    return this.#database.transaction(async (connection) => {
      const session = await lockedSession(connection, sessionId, null);
      // Another server may have been quicker.
      if (session.status !== "posting" || session.posting !== posting) return;
      const { rows } = await connection.query<sql.ShownSession>(sql.selectSession(sessionId));
      const { pending, rejected } = rows[0]!;
      if (pending > 0) return;
      await connection.query(sql.setStatus(sessionId, rejected > 0 ? "open" : "posted"));
    });
  }
}

/** Locks a session. @param version that it must have, or null @throws WorkRefusal */
export async function lockedSession(
  connection: Queryable,
  sessionId: string,
  version: number | null,
): Promise<sql.SessionRow> {
  const { rows } = await connection.query<sql.SessionRow>(sql.lockSession(sessionId));
  const [session] = rows;
  if (session === undefined) throw noSession(sessionId);
  if (version !== null && version !== session.version)
    throw new WorkRefusal(
      "version_conflict",
      "The session has changed since you read it. Read it again and repeat the change on what you see.",
      { currentEtag: `"${session.version}"`, status: 412 },
    );
  return session;
}

/** @param deed what cannot be done to it, e.g. "cancelled" */
export function notOpen({ session_id, status }: sql.SessionRow, deed: string): WorkRefusal {
  const next =
    status === "posting" ? `Post it again with POST /v1/counts/sessions/${session_id}/post` : "Open another one";
  return new WorkRefusal("already_ended", `The session is ${status} and cannot be ${deed}. ${next}.`);
}

const noSession = (sessionId: string): WorkRefusal =>
  new WorkRefusal("not_found", `There is no count session ${sessionId}. Check the id, or open one first.`);

const partlyApplied = ({ session_id }: sql.SessionRow): WorkRefusal =>
  new WorkRefusal(
    "already_ended",
    `Lines of session ${session_id} were applied already, so it cannot be cancelled. Take out the lines that were refused and post it again.`,
  );

async function requireRoomAt(connection: Queryable, locationId: string): Promise<void> {
  await connection.query(sql.lockLocation(locationId));
  const { rows } = await connection.query<{ life: number; open: number }>(sql.locationForSession(locationId));
  const [location] = rows;
  const life = location === undefined ? "deleted" : lifeStates[location.life]!;
  const errors = [{ pointer: "/locationId", message: "takes no counts" }];
  if (life === "deleted")
    throw new WorkRefusal("not_found", `There is no location ${locationId}. Check the id, or create it first.`, {
      errors,
    });
  if (life === "archived")
    throw new WorkRefusal("archived", `Location ${locationId} is archived. Restore it to count there.`, { errors });
  if (location!.open >= countLimits.openSessionsMax)
    throw new WorkRefusal(
      "in_use",
      `${countLimits.openSessionsMax} count sessions at ${locationId} have not ended. Post or cancel one of them.`,
      { limit: countLimits.openSessionsMax },
    );
}
