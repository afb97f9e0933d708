/** Reads of the history of an item: every period of a range, also those in which nothing happened. */

import type { Overdue } from "../db/clearing.ts";
import type { Queryable } from "../db/pool.ts";
import { Calendar, type Grain } from "./calendar.ts";
import type { ItemKey } from "./digest.ts";
import { type Flows, noFlows } from "./flows.ts";
import { historyName } from "./history-projection.ts";
import * as sql from "./sql/history.ts";

export const historyLimits = {
  /** Periods in one answer. */
  periodsMax: 1_000,
  /** How long hours are kept; days are kept for ever. */
  hoursKeptDays: 400,
} as const;

/** What is cleared away in time. */
export const historyOverdue: Overdue = { statement: sql.clearOldHours, days: historyLimits.hoursKeptDays };

export interface Period {
  readonly startMs: number;
  readonly endMs: number;
  readonly flows: Flows;
  /** Units on hand at the end of the period, by what is known today to have happened until then. */
  readonly closing: number;
  readonly opening: number;
  /** Milliseconds in which nothing was available. */
  readonly outMs: number;
}

export interface History {
  readonly periods: readonly Period[];
  /** Sequence of the last entry of the item's partition that is in it. */
  readonly reflected: number;
}

/** More periods than are told at once. */
export class TooManyPeriods extends Error {
  override readonly name = "TooManyPeriods";
}

export class HistoryQueries {
  readonly #database: Queryable;
  readonly #calendar = new Calendar();

  constructor(database: Queryable) {
    this.#database = database;
  }

  /**
   * @param fromMs a moment in the first period
   * @param untilMs the first moment that is not asked for
   * @param nowMs up to when an item that is out of stock now has been so
   * @throws TooManyPeriods
   */
  async read(
    item: ItemKey,
    grain: Grain,
    timezone: string | null,
    fromMs: number,
    untilMs: number,
    nowMs: number,
  ): Promise<History> {
    const calendar = this.#calendar;
    const first = calendar.periodOf(grain, fromMs, timezone);
    const end = calendar.periodOf(grain, untilMs - 1, timezone) + 1;
    if (end - first > historyLimits.periodsMax)
      throw new TooManyPeriods(`${end - first} periods are more than ${historyLimits.periodsMax}`);
    const startOf = (period: number): number => calendar.startOf(grain, period, timezone);
    const { rows } = await this.#database.query<sql.HistoryRow>(
      sql.selectHistory(historyName, item, grain, first, end),
    );
    const [stands] = rows;
    if (stands === undefined) return { periods: [], reflected: 0 };
    const over = await this.#database.query<sql.OutageRow>(sql.selectOutages(item, startOf(first), startOf(end)));
    // It may have ended between the two reads.
    const isOver = over.rows.some(({ since }) => since === stands.out_since);
    const open = stands.out_since === null || isOver ? [] : [{ since: stands.out_since, until: nowMs }];
    const out = [...over.rows, ...open];
    const byPeriod = new Map(rows.map((row) => [row.period, row]));
    const periods: Period[] = [];
    let closing = stands.on_hand - Number(stands.net_later);
    for (let period = end - 1; period >= first; period--) {
      const row = byPeriod.get(period);
      const opening = closing - (row?.net ?? 0);
      const [startMs, endMs] = [startOf(period), startOf(period + 1)];
      periods.push({
        startMs,
        endMs,
        flows: row === undefined ? noFlows : flowsOf(row),
        closing,
        opening,
        outMs: within(out, startMs, endMs),
      });
      closing = opening;
    }
    return { periods: periods.reverse(), reflected: stands.reflected };
  }
}

const flowsOf = (row: sql.HistoryRow): Flows => ({
  sold: row.sold,
  returned: row.returned,
  received: row.received,
  lost: row.lost,
  transferredIn: row.transferred_in,
  transferredOut: row.transferred_out,
  corrected: row.corrected,
  refusedUnits: row.refused_units,
  refusedRequests: row.refused_requests,
});

/** @returns how much of some times lies between two moments */
const within = (times: readonly sql.OutageRow[], startMs: number, endMs: number): number =>
  times.reduce((sum, { since, until }) => sum + Math.max(0, Math.min(until, endMs) - Math.max(since, startMs)), 0);
