/** Keeps the sums of each location, so that totals of groups and regions cost a look at a few rows. */
import { type EntryKind, entryKinds, isNotice, subjectOfKind } from "@onhand/protocol/vocabulary";
import type { SealedEntry } from "../core/record/entry.ts";
import type { Projection } from "../projections/projection.ts";
import { addLocationTotals, deleteLocationTotals, type LocationDelta } from "./sql/location-totals.ts";

/** Key of its cursor: sums are read together with what lies behind it. */
export const locationTotalsName = "location_totals";

const kinds = (Object.values(entryKinds) as EntryKind[]).filter(
  (kind) => subjectOfKind(kind) === "item" && !isNotice(kind),
);

export const locationTotalsProjection: Projection = {
  name: locationTotalsName,
  version: 1,
  interest: { kinds },
  batchMax: 20_000,
  async digest({ entries }) {
    const deltas = sumDeltas(entries);
    return async (connection) => {
      if (deltas.length > 0) await connection.query(addLocationTotals(deltas));
    };
  },
  async clear(connection) {
    await connection.query(deleteLocationTotals());
  },
};

/** @returns what moved at each location in each partition; those where nothing moved on the whole are left out */
function sumDeltas(entries: readonly SealedEntry[]): LocationDelta[] {
  const sums = new Map<string, LocationDelta>();
  for (const { partition, locationId, delta } of entries) {
    if (locationId === null) continue;
    const key = `${partition}/${locationId}`;
    const sum = sums.get(key) ?? { partition, locationId, onHand: 0, reserved: 0, unavailable: 0, incoming: 0 };
    sums.set(key, {
      partition,
      locationId,
      onHand: sum.onHand + delta.onHand,
      reserved: sum.reserved + delta.reserved,
      unavailable: sum.unavailable + delta.unavailable,
      incoming: sum.incoming + delta.incoming,
    });
  }
  return [...sums.values()].filter(
    ({ onHand, reserved, unavailable, incoming }) =>
      onHand !== 0 || reserved !== 0 || unavailable !== 0 || incoming !== 0,
  );
}
