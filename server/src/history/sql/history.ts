/** Statements of the history of items. */
import { bigintColumn, integerColumn, textColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";
import { type Grain, grains } from "../calendar.ts";
import type { ItemKey, ItemState, Outage, PeriodFlows } from "../digest.ts";

const keyColumns = (items: readonly ItemKey[]): unknown[] => [
  integerColumn(items, (item) => item.partition),
  textColumn(items, (item) => item.productId),
  textColumn(items, (item) => item.locationId),
];

export interface StateRow {
  readonly partition: number;
  readonly product_id: string;
  readonly location_id: string;
  readonly on_hand: number;
  readonly out_since: number | null;
}

/** How items stand at the cursor; those that are new are not in the answer. */
export const selectStates = (items: readonly ItemKey[]): Statement => ({
  name: "history_states",
  text: `SELECT h.* FROM unnest($1::integer[], $2::text[], $3::text[]) k(partition, product_id, location_id)
         JOIN item_history h ON h.partition = k.partition AND h.product_id = k.product_id AND h.location_id = k.location_id`,
  values: keyColumns(items),
});

/** Puts how items stand. Times are milliseconds; 0 for none. */
export const putStates = (states: readonly ItemState[]): Statement => ({
  name: "history_put_states",
  text: `INSERT INTO item_history (partition, product_id, location_id, on_hand, out_since)
         SELECT k.partition, k.product_id, k.location_id, k.on_hand, CASE WHEN k.out_since > 0 THEN to_timestamp(k.out_since / 1000.0) END
         FROM unnest($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) k(partition, product_id, location_id, on_hand, out_since)
         ON CONFLICT (partition, product_id, location_id) DO UPDATE SET on_hand = excluded.on_hand, out_since = excluded.out_since`,
  values: [
    ...keyColumns(states),
    bigintColumn(states, (state) => state.onHand),
    bigintColumn(states, (state) => state.outSinceMs ?? 0),
  ],
});

/** Adds flows to periods. */
export const addPeriods = (periods: readonly PeriodFlows[]): Statement => ({
  name: "history_add_periods",
  text: `INSERT INTO item_period AS p (partition, product_id, location_id, grain, period, sold, returned, received, lost,
           transferred_in, transferred_out, corrected, refused_units, refused_requests)
         SELECT * FROM unnest($1::integer[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::bigint[], $7::bigint[], $8::bigint[],
           $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[])
         ON CONFLICT (partition, product_id, location_id, grain, period) DO UPDATE SET
           sold = p.sold + excluded.sold, returned = p.returned + excluded.returned, received = p.received + excluded.received,
           lost = p.lost + excluded.lost, transferred_in = p.transferred_in + excluded.transferred_in,
           transferred_out = p.transferred_out + excluded.transferred_out, corrected = p.corrected + excluded.corrected,
           refused_units = p.refused_units + excluded.refused_units, refused_requests = p.refused_requests + excluded.refused_requests`,
  values: [
    ...keyColumns(periods),
    integerColumn(periods, ({ grain }) => grains.indexOf(grain)),
    integerColumn(periods, ({ period }) => period),
    bigintColumn(periods, ({ flows }) => flows.sold),
    bigintColumn(periods, ({ flows }) => flows.returned),
    bigintColumn(periods, ({ flows }) => flows.received),
    bigintColumn(periods, ({ flows }) => flows.lost),
    bigintColumn(periods, ({ flows }) => flows.transferredIn),
    bigintColumn(periods, ({ flows }) => flows.transferredOut),
    bigintColumn(periods, ({ flows }) => flows.corrected),
    bigintColumn(periods, ({ flows }) => flows.refusedUnits),
    bigintColumn(periods, ({ flows }) => flows.refusedRequests),
  ],
});

/** Adds times without stock that are over. */
export const addOutages = (outages: readonly Outage[]): Statement => ({
  name: "history_add_outages",
  text: `INSERT INTO item_outage (partition, product_id, location_id, since, until)
         SELECT k.partition, k.product_id, k.location_id, to_timestamp(k.since / 1000.0), max(to_timestamp(k.until / 1000.0))
         FROM unnest($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) k(partition, product_id, location_id, since, until)
         GROUP BY 1, 2, 3, 4
         ON CONFLICT (partition, product_id, location_id, since) DO UPDATE SET until = greatest(item_outage.until, excluded.until)`,
  values: [
    ...keyColumns(outages),
    bigintColumn(outages, (outage) => outage.sinceMs),
    bigintColumn(outages, (outage) => outage.untilMs),
  ],
});

/** Empties everything, to be built anew. */
export const clearHistory = (): readonly Statement[] => [
  { text: "DELETE FROM item_history" },
  { text: "DELETE FROM item_period" },
  { text: "DELETE FROM item_outage" },
];

/** Time zones of locations that have one. */
export const selectTimezones = (): Statement => ({
  name: "history_timezones",
  text: "SELECT location_id, document->>'timezone' AS timezone FROM location WHERE document->>'timezone' IS NOT NULL",
  values: [],
});

export interface HistoryRow {
  readonly on_hand: number;
  readonly out_since: number | null;
  /** What moved in the end period and later. */
  readonly net_later: number | bigint;
  /** Sequence that the projection has come to in the item's partition. */
  readonly reflected: number;
  /** Null, with all that follows, when nothing happened in the range. */
  readonly period: number | null;
  readonly sold: number;
  readonly returned: number;
  readonly received: number;
  readonly lost: number;
  readonly transferred_in: number;
  readonly transferred_out: number;
  readonly corrected: number;
  readonly refused_units: number;
  readonly refused_requests: number;
  readonly net: number;
}

/**
 * Periods of an item from the first up to before the end in which something happened, each with how the item stands at the
 * cursor and what moved behind the range. One statement, so of one moment.
 */
export const selectHistory = (name: string, item: ItemKey, grain: Grain, first: number, end: number): Statement => ({
  name: "history_of_item",
  text: `SELECT h.on_hand, h.out_since, coalesce((SELECT sequence FROM projection_position WHERE name = $1 AND partition = $2), 0) AS reflected,
           coalesce((SELECT sum(l.net) FROM item_period l WHERE l.partition = $2 AND l.product_id = $3 AND l.location_id = $4 AND l.grain = $5
             AND l.period >= $7), 0)::bigint AS net_later,
           p.period, p.sold, p.returned, p.received, p.lost, p.transferred_in, p.transferred_out, p.corrected, p.refused_units, p.refused_requests, p.net
         FROM item_history h LEFT JOIN item_period p ON p.partition = h.partition AND p.product_id = h.product_id
           AND p.location_id = h.location_id AND p.grain = $5 AND p.period >= $6 AND p.period < $7
         WHERE h.partition = $2 AND h.product_id = $3 AND h.location_id = $4`,
  values: [name, item.partition, item.productId, item.locationId, grains.indexOf(grain), first, end],
});

export interface OutageRow {
  readonly since: number;
  readonly until: number;
}

/** Times without stock that are over and touch a time. */
export const selectOutages = (item: ItemKey, fromMs: number, endMs: number): Statement => ({
  name: "history_outages",
  text: `SELECT since, until FROM item_outage WHERE partition = $1 AND product_id = $2 AND location_id = $3
           AND since < to_timestamp($5 / 1000.0) AND until > to_timestamp($4 / 1000.0) ORDER BY since`,
  values: [item.partition, item.productId, item.locationId, fromMs, endMs],
});

/** Forgets hours that are older than so many days, at most `limit`; days are kept. */
export const clearOldHours = (days: number, limit: number): Statement => ({
  text: `DELETE FROM item_period WHERE ctid = ANY (ARRAY(SELECT ctid FROM item_period
           WHERE grain = 0 AND period < floor(extract(epoch FROM now()) / 3600) - $1::integer * 24 LIMIT $2))`,
  values: [days, limit],
});
