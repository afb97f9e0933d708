/** What people do with differences: read them, look after them, accept them, believe the source. */
import type { UpdateDifference } from "@onhand/protocol/reconciliation";
import { formatMovementId } from "../core/record/ids.ts";
import type { Database } from "../db/pool.ts";
import { type KeyedRequest, type Remembered, remembered } from "../registry/remembered.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import { type DifferenceStore, withStep } from "./difference-store.ts";
import { type Examiner, subjectOfRow } from "./examiner.ts";
import * as sql from "./sql/differences.ts";

export type { DifferenceRow } from "./sql/differences.ts";

export class DifferenceActions {
  readonly #database: Database;
  readonly #store: DifferenceStore;
  readonly #examiner: Examiner;

  constructor(database: Database, store: DifferenceStore, examiner: Examiner) {
    this.#database = database;
    this.#store = store;
    this.#examiner = examiner;
  }

  /** A page. @returns its rows, and where the next one starts */
  async list(
    filter: sql.DifferenceFilter,
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<{ rows: sql.DifferenceRow[]; next: readonly unknown[] | null }> {
    const { rows } = await this.#database.query<sql.DifferenceRow>(sql.listDifferences(filter, after, limit + 1));
    const last = rows.length > limit ? rows[limit - 1]! : null;
    return {
      rows: rows.slice(0, limit),
      next: last === null ? null : [last.closed_at ?? last.found_at, last.difference_id],
    };
  }

  /** @throws WorkRefusal when there is none */
  async get(differenceId: string): Promise<sql.DifferenceRow> {
    const { rows } = await this.#database.query<sql.DifferenceRow>(sql.selectDifference(differenceId, false));
    if (rows[0] === undefined) throw noDifference(differenceId);
    return rows[0];
  }

  /** Says who looks after it, or that it may stay. @param version that it must have, or null @throws WorkRefusal */
  update(
    request: KeyedRequest,
    differenceId: string,
    { owner, state, note: said }: UpdateDifference,
    version: number | null,
  ): Promise<Remembered<sql.DifferenceRow>> {
    const note = said ?? null;
    if (owner === undefined && state === undefined && note === null)
      throw new WorkRefusal("validation_failed", "Nothing is to be changed. Send owner, state or note.", {
        errors: [{ pointer: "", message: "names neither owner, state nor note" }],
      });
    return remembered(this.#database, request, async (connection) => {
      const row = await this.#store.change(connection, differenceId, (before) => {
        requireChangeable(before, version);
        let { history } = before;
        const did = (what: string, words: string | null): void => {
          history = withStep(history, this.#store.step(request.principal, what, words));
        };
        if (owner !== undefined && owner !== before.owner) did("assigned", owner ?? "nobody");
        const isOther = state !== undefined && state !== before.state;
        if (isOther) did(state === "accepted" ? "accepted" : "reopened", note);
        else if (note !== null) did("noted", note);
        return {
          ...before,
          owner: owner === undefined ? before.owner : owner,
          state: (state as sql.DifferenceRow["state"] | undefined) ?? before.state,
          history,
        };
      });
      if (row === null) throw noDifference(differenceId);
      return row;
    });
  }

  /**
   * Has what the source states taken over. The command has a key of its own that follows from the difference and the statement, so
   * it is done once whoever asks, and is looked at again at once.
   * @throws WorkRefusal when it is no statement of a source, is closed, or the rules of stock refuse it
   */
  async correct(request: KeyedRequest, differenceId: string, reason: string): Promise<sql.DifferenceRow> {
    const row = await this.get(differenceId);
    if (row.state === "closed") {
      // The first of two that ask has closed it.
      if (row.corrected?.sequence != null && row.corrected.by === request.principal) return row;
      throw alreadyClosed(row);
    }
    const refusal = await this.#examiner.correct(row, { actor: request.principal, reason });
    if (refusal !== null) throw new WorkRefusal("already_ended", `It was not corrected. ${refusal}`);
    await this.#examiner.look(subjectOfRow(row), null, request.principal);
    return this.get(differenceId);
  }
}

function requireChangeable(row: sql.DifferenceRow, version: number | null): void {
  if (version !== null && version !== row.version)
    throw new WorkRefusal(
      "version_conflict",
      "The difference has changed since you read it. Read it again and repeat the change on what you see.",
      { currentEtag: `"${row.version}"`, status: 412 },
    );
  if (row.state === "closed") throw alreadyClosed(row);
}

const alreadyClosed = (row: sql.DifferenceRow): WorkRefusal =>
  new WorkRefusal(
    "already_ended",
    `The difference was gone at ${new Date(row.closed_at!).toISOString()}: ${row.closed_by!.detail}${row.closed_by!.sequence === null ? "" : ` (${formatMovementId(row.partition ?? 0, row.closed_by!.sequence)})`} One that comes again is a new one.`,
  );

const noDifference = (differenceId: string): WorkRefusal =>
  new WorkRefusal(
    "not_found",
    `There is no difference ${differenceId}. GET /v1/reconciliations/differences lists them.`,
  );
