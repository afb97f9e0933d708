/**
 * Lines that wait because they could not be applied. Modes of one: open → applied or discarded. What is written here is told
 * apart from the journal, which alone says whether a line was applied: all tries between two refusals have one key.
 */
import type { Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import type { IntakeOrigin, IntakeResult } from "./intake-line.ts";
import type { Attempt } from "./line-command.ts";
import { verdictOfWaiting, type Waiting } from "./line-verdict.ts";
import * as sql from "./sql/parked.ts";

export type { ParkedRow, ParkedState } from "./sql/parked.ts";

export class ParkedLines {
  readonly #database: Queryable;
  readonly #clock: Clock;

  constructor(database: Queryable, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** @returns parked lines of some operations of an origin, by operation */
  async of(
    { kind, id }: Pick<IntakeOrigin, "kind" | "id">,
    operationIds: readonly string[],
  ): Promise<ReadonlyMap<string, sql.ParkedRow>> {
    if (operationIds.length === 0) return new Map();
    const { rows } = await this.#database.query<sql.ParkedRow>(sql.selectParkedOf(kind, id, operationIds));
    return new Map(rows.map((row) => [row.operation_id, row]));
  }

  /** Parks lines of which no other one of the same operation is parked. @returns those of all these operations */
  async park(
    origin: IntakeOrigin,
    lines: readonly { readonly attempt: Attempt; readonly waiting: Waiting }[],
  ): Promise<ReadonlyMap<string, sql.ParkedRow>> {
    const { kind, id, context, ...kept } = origin;
    const parkedId = (): string => sortableId("park_", this.#clock.nowMs());
    const rows = lines.map(({ attempt: { line, tries, arrivedAtMs }, waiting }) => ({
      parkedId: parkedId(),
      operationId: line.operationId,
      reason: waiting.reason,
      code: waiting.code,
      line,
      tries: tries + (waiting.isRemembered ? 1 : 0),
      problem: waiting.problem,
      arrivedAtMs,
    }));
    await this.#database.query(sql.insertParked(kind, id, kept, context.principal.keyId, rows));
    return this.of(
      origin,
      rows.map((row) => row.operationId),
    );
  }

  /** Writes down that parked lines are in the journal. */
  async settle(by: string, settled: readonly sql.SettledParked[]): Promise<void> {
    if (settled.length > 0) await this.#database.query(sql.settleParked(by, settled));
  }

  /** Writes down that lines were tried and go on waiting. */
  async refuse(
    by: string,
    refused: readonly { readonly row: sql.ParkedRow; readonly waiting: Waiting }[],
  ): Promise<void> {
    const changed = refused.map(({ row, waiting }) => ({
      parkedId: row.parked_id,
      reason: waiting.reason,
      code: waiting.code,
      problem: waiting.problem,
      triesBefore: row.tries,
      tries: row.tries + (waiting.isRemembered ? 1 : 0),
    }));
    if (changed.length > 0) await this.#database.query(sql.refuseParked(by, changed));
  }
}

/** @returns what is answered to an operation that is parked */
export function resultOfParked(row: sql.ParkedRow): IntakeResult {
  const { operation_id: operationId, parked_id: parkedId } = row;
  if (row.state === "applied") return { ...row.result!, operationId, verdict: "duplicate", parkedId };
  if (row.state === "discarded") return { operationId, verdict: "ignored", rule: "discarded", parkedId };
  return { operationId, verdict: verdictOfWaiting(row), parkedId, error: row.problem };
}

/** @returns whether a line waits for something that may have come by itself: what its code or SKU stands for */
export const waitsForName = ({ state, reason, code }: sql.ParkedRow): boolean =>
  state === "open" && code !== null && reason !== "rejected";
