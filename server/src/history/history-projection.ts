/** Builds the history of items from the journal: flows by hour and day, and when nothing was available. */
import { type EntryKind, entryKinds, isNotice, subjectOfKind } from "@onhand/protocol/vocabulary";
import type { SealedEntry } from "../core/record/entry.ts";
import type { Queryable } from "../db/pool.ts";
import type { Projection } from "../projections/projection.ts";
import { Calendar } from "./calendar.ts";
import { digestEntries, type ItemState, keyOf } from "./digest.ts";
import * as sql from "./sql/history.ts";

/** Key of its cursor. */
export const historyName = "history";

const kinds = (Object.values(entryKinds) as EntryKind[]).filter(
  (kind) => subjectOfKind(kind) === "item" && (!isNotice(kind) || kind === entryKinds.inventoryDemandRefused),
);

/** @param database for reading how items stood @returns the projection "history" */
export function historyProjection(database: Queryable): Projection {
  const calendar = new Calendar();
  return {
    name: historyName,
    version: 1,
    interest: { kinds },
    batchMax: 10_000,
    async digest({ entries }) {
      const [before, timezones] = await Promise.all([statesOf(database, entries), timezonesOf(database)]);
      const timezoneOf = (locationId: string): string | null => timezones.get(locationId) ?? null;
      const { states, periods, outages } = digestEntries(entries, before, calendar, timezoneOf);
      return async (connection) => {
        if (states.length > 0) await connection.query(sql.putStates(states));
        if (periods.length > 0) await connection.query(sql.addPeriods(periods));
        if (outages.length > 0) await connection.query(sql.addOutages(outages));
      };
    },
    async clear(connection) {
      for (const statement of sql.clearHistory()) await connection.query(statement);
    },
  };
}

async function statesOf(database: Queryable, entries: readonly SealedEntry[]): Promise<ReadonlyMap<string, ItemState>> {
  const items = new Map(
    entries.map(({ partition, productId, locationId }) => {
      const item = { partition, productId: productId!, locationId: locationId! };
      return [keyOf(item), item] as const;
    }),
  );
  if (items.size === 0) return new Map();
  const { rows } = await database.query<sql.StateRow>(sql.selectStates([...items.values()]));
  return new Map(
    rows.map((row) => {
      const item = { partition: row.partition, productId: row.product_id, locationId: row.location_id };
      return [keyOf(item), { ...item, onHand: row.on_hand, outSinceMs: row.out_since }] as const;
    }),
  );
}

async function timezonesOf(database: Queryable): Promise<ReadonlyMap<string, string>> {
  const { rows } = await database.query<{ location_id: string; timezone: string }>(sql.selectTimezones());
  return new Map(rows.map((row) => [row.location_id, row.timezone]));
}
