/** /v1/inventory/{inventoryId}/history: what happened to an item, by hour or day. */
import type { HistoryPeriod } from "@onhand/protocol/history";
import { formatInventoryId, parseInventoryId } from "../../core/record/ids.ts";
import type { Grain } from "../../history/calendar.ts";
import { type HistoryQueries, historyLimits, type Period, TooManyPeriods } from "../../history/history-queries.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Reply, Route } from "../../host/route.ts";
import { formatRfc3339, parseRfc3339Ms } from "../../lib/rfc3339.ts";
import { notFound, type RestContext } from "./context.ts";

/** What the routes of history work with beside the others. */
export interface HistoryContext extends RestContext {
  readonly history: HistoryQueries;
}

type Query = Readonly<Record<string, unknown>>;

const hourMs = 3_600_000;
const rangeMsByDefault = { hour: 48 * hourMs, day: 30 * 24 * hourMs } as const;

/** @returns the routes of history */
export function historyRoutes(context: HistoryContext): Route[] {
  return [
    {
      operationId: "getHistory",
      bodyBytesMax: 0,
      handle: ({ params, query }) => read(context, params.inventoryId!, query),
    },
  ];
}

async function read({ items, catalogue, history, clock }: HistoryContext, id: string, query: Query): Promise<Reply> {
  const position = parseInventoryId(id);
  const row = position === null ? null : await items.itemByNumber(position.partition, position.sequence);
  if (row === null) throw notFound(`inventory item ${id}`);
  const location = await catalogue.location(row.location_id);
  const timezone = (location?.document as { timezone?: string | null } | undefined)?.timezone ?? null;
  const grain = query.period as Grain;
  const nowMs = clock.nowMs();
  const untilMs = query.to === undefined ? nowMs : parseRfc3339Ms(query.to as string);
  const fromMs = query.from === undefined ? untilMs - rangeMsByDefault[grain] : parseRfc3339Ms(query.from as string);
  if (fromMs >= untilMs) throw invalid("/from", "must lie before `to`.");
  const item = { partition: row.partition, productId: row.product_id, locationId: row.location_id };
  const told = await periodsOf(() => history.read(item, grain, timezone, fromMs, untilMs, nowMs));
  return {
    status: 200,
    body: {
      inventoryId: formatInventoryId(row.partition, row.item_number),
      productId: row.product_id,
      locationId: row.location_id,
      period: grain,
      timezone: grain === "day" && timezone !== null ? timezone : "UTC",
      upToDate: told.reflected >= row.last_sequence,
      data: told.periods.map(viewOf),
    },
  };
}

async function periodsOf<Told>(read: () => Promise<Told>): Promise<Told> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof TooManyPeriods)) throw error;
    throw invalid("/from", `lies more than ${historyLimits.periodsMax} periods before \`to\`. Ask for less at a time.`);
  }
}

const viewOf = ({ startMs, endMs, flows, opening, closing, outMs }: Period): HistoryPeriod => ({
  start: formatRfc3339(startMs),
  end: formatRfc3339(endMs),
  openingLevel: opening,
  sold: flows.sold,
  returned: flows.returned,
  received: flows.received,
  lost: flows.lost,
  transferredIn: flows.transferredIn,
  transferredOut: flows.transferredOut,
  corrected: flows.corrected,
  closingLevel: closing,
  outOfStockSeconds: Math.round(outMs / 1000),
  refusedUnits: flows.refusedUnits,
  refusedRequests: flows.refusedRequests,
});

const invalid = (pointer: string, message: string): ProblemError =>
  new ProblemError("validation_failed", `${pointer.slice(1)} ${message}`, { errors: [{ pointer, message }] });
