/**
 * What an entry says happened to an item, as flows of units. Whatever moved on hand is in exactly one flow, so flows add up
 * to what moved. A movement that a count contains is told where it happened, and taken out of what counts corrected: the
 * count had booked it as a difference before anybody knew what it was.
 */
import { entryKinds, type MovementType, movementTypes } from "@onhand/protocol/vocabulary";
import type { SealedEntry } from "../core/record/entry.ts";
import { parseDetail } from "../core/record/entry-detail.ts";

/** Units by what became of them; `corrected` may be negative, and so may others where a movement took one back. */
export interface Flows {
  readonly sold: number;
  readonly returned: number;
  readonly received: number;
  readonly lost: number;
  readonly transferredIn: number;
  readonly transferredOut: number;
  readonly corrected: number;
  /** Units that were asked for and were not there, and in how many requests. */
  readonly refusedUnits: number;
  readonly refusedRequests: number;
}

export const noFlows: Flows = {
  sold: 0,
  returned: 0,
  received: 0,
  lost: 0,
  transferredIn: 0,
  transferredOut: 0,
  corrected: 0,
  refusedUnits: 0,
  refusedRequests: 0,
};

/** @returns what flows come to on hand */
export const netOf = (flows: Flows): number =>
  flows.returned +
  flows.received +
  flows.transferredIn +
  flows.corrected -
  flows.sold -
  flows.lost -
  flows.transferredOut;

/** @returns the sums of two flows */
export const addFlows = (one: Flows, other: Flows): Flows => ({
  sold: one.sold + other.sold,
  returned: one.returned + other.returned,
  received: one.received + other.received,
  lost: one.lost + other.lost,
  transferredIn: one.transferredIn + other.transferredIn,
  transferredOut: one.transferredOut + other.transferredOut,
  corrected: one.corrected + other.corrected,
  refusedUnits: one.refusedUnits + other.refusedUnits,
  refusedRequests: one.refusedRequests + other.refusedRequests,
});

/** @param entry of an item @returns its flows, or null when it has none */
export function flowsOf(entry: Pick<SealedEntry, "kind" | "delta" | "movementType" | "detail">): Flows | null {
  if (entry.kind === entryKinds.inventoryDemandRefused) return refusedIn(entry);
  const contained = containedIn(entry);
  const moved = entry.delta.onHand;
  if (moved === 0 && contained === 0) return null;
  const flows = flowOf(movementTypes[entry.movementType]!, moved + contained);
  return contained === 0 ? flows : { ...flows, corrected: flows.corrected - contained };
}

function flowOf(type: MovementType, units: number): Flows {
  switch (type) {
    case "sale":
    case "hold":
      return { ...noFlows, sold: -units + 0 };
    case "return":
      return { ...noFlows, returned: units };
    case "restock":
    case "supply":
      return { ...noFlows, received: units };
    case "loss":
      return { ...noFlows, lost: -units + 0 };
    case "transfer":
      return units < 0 ? { ...noFlows, transferredOut: -units } : { ...noFlows, transferredIn: units };
    case "correction":
    case "count":
    case "state":
      return { ...noFlows, corrected: units };
  }
}

/** Few entries have a detail, and fewer one that is contained. */
function containedIn(entry: Pick<SealedEntry, "detail">): number {
  if (entry.detail === null || !entry.detail.includes('"contained"')) return 0;
  return parseDetail(entry).contained?.onHand ?? 0;
}

function refusedIn(entry: Pick<SealedEntry, "detail">): Flows | null {
  const { notice } = parseDetail(entry);
  const units = Number(notice?.units ?? 0);
  const requests = Number(notice?.requests ?? 0);
  return units === 0 && requests === 0 ? null : { ...noFlows, refusedUnits: units, refusedRequests: requests };
}
