/** What people do with parked lines: they look at them, give them to somebody, retry them or give them up. */
import type { RequestContext } from "../commands/request-context.ts";
import type { Database, Queryable } from "../db/pool.ts";
import { type KeyedRequest, type Remembered, remembered } from "../registry/remembered.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import type { Intake } from "./intake.ts";
import type { IntakeResult } from "./intake-line.ts";
import * as sql from "./sql/parked.ts";

export interface Retried {
  readonly row: sql.ParkedRow;
  readonly result: IntakeResult;
}

export class ParkedDesk {
  readonly #database: Database;
  readonly #intake: Pick<Intake, "retry">;

  constructor(database: Database, intake: Pick<Intake, "retry">) {
    this.#database = database;
    this.#intake = intake;
  }

  /** @throws WorkRefusal when there is none */
  async get(parkedId: string): Promise<sql.ParkedRow> {
    const { rows } = await this.#database.query<sql.ParkedRow>(sql.selectParked([parkedId]));
    if (rows[0] === undefined) throw noLine(parkedId);
    return rows[0];
  }

  async list(
    filter: sql.ParkedFilter,
    after: string | null,
    limit: number,
  ): Promise<{ readonly rows: readonly sql.ParkedRow[]; readonly next: string | null }> {
    const { rows } = await this.#database.query<sql.ParkedRow>(sql.listParked(filter, after, limit + 1));
    return { rows: rows.slice(0, limit), next: rows.length > limit ? rows[limit - 1]!.parked_id : null };
  }

  /** Gives a line to somebody, or to nobody. @throws WorkRefusal when it waits no longer */
  assign(
    request: KeyedRequest,
    parkedId: string,
    owner: string | null,
    note: string | null,
  ): Promise<Remembered<object>> {
    return remembered(this.#database, request, async (connection) => {
      const row = await locked(connection, parkedId);
      if (row.state !== "open") throw notOpen(row, "given to somebody");
      await connection.query(sql.assignParked(parkedId, owner, request.principal, note));
      return {};
    });
  }

  /** Gives a line up; one that was given up before stays so. @throws WorkRefusal when it was applied */
  discard(request: KeyedRequest, parkedId: string, note: string | null): Promise<Remembered<object>> {
    return remembered(this.#database, request, async (connection) => {
      const row = await locked(connection, parkedId);
      if (row.state === "applied") throw notOpen(row, "discarded");
      if (row.state === "open") await connection.query(sql.discardParked(parkedId, request.principal, note));
      return {};
    });
  }

  /** Tries one line again; one that was applied stays so. @throws WorkRefusal when it was discarded */
  async retry(parkedId: string, context: RequestContext): Promise<sql.ParkedRow> {
    const row = await this.get(parkedId);
    if (row.state === "discarded") throw notOpen(row, "retried");
    if (row.state === "open") await this.#intake.retry([row], context);
    return this.get(parkedId);
  }

  /** Tries open lines again. @param after id of the last one that was tried before, or null */
  async retryAll(
    filter: Omit<sql.ParkedFilter, "state">,
    after: string | null,
    limit: number,
    context: RequestContext,
  ): Promise<{ readonly retried: readonly Retried[]; readonly next: string | null }> {
    const { rows, next } = await this.list({ ...filter, state: "open" }, after, limit);
    const results = await this.#intake.retry(rows, context);
    return { retried: rows.map((row, index) => ({ row, result: results[index]! })), next };
  }
}

async function locked(connection: Queryable, parkedId: string): Promise<sql.ParkedRow> {
  const { rows } = await connection.query<sql.ParkedRow>(sql.lockParked(parkedId));
  if (rows[0] === undefined) throw noLine(parkedId);
  return rows[0];
}

const noLine = (parkedId: string): WorkRefusal =>
  new WorkRefusal("not_found", `There is no parked line ${parkedId}. GET /v1/parked-lines?state=all lists them.`);

/** @param deed what cannot be done with it, e.g. "discarded" */
const notOpen = ({ parked_id, state }: sql.ParkedRow, deed: string): WorkRefusal =>
  new WorkRefusal("already_ended", `Line ${parked_id} is ${state} and cannot be ${deed}. Read it to see how it went.`);
