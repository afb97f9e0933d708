/**
 * Demand that could not be met: units that a sale or a reservation asked for and that were not there.
 *
 * Refused commands change nothing, so nobody who reads the journal would know of them. What a group refused is summed for
 * each item and told in one notice behind it: a rush for what is sold out is one entry for many requests. Of a request
 * with several lines the one counts that it was refused for.
 */
import { entryKinds, quantityMax } from "@onhand/protocol/vocabulary";
import type { Command, CommandOrigin } from "../command.ts";
import { candidateLocations } from "../needs.ts";
import { partitionOf } from "../record/partition.ts";
import type { Rejection } from "../rejection.ts";
import { type Draft, type ItemPlace, itemKey } from "../state.ts";
import type { Item } from "./item.ts";
import { giveNotice } from "./notice.ts";

interface Demand {
  readonly place: ItemPlace;
  /** The first request that was refused. */
  readonly cause: CommandOrigin;
  requests: number;
  units: number;
}

/** What was refused in one group. */
export class RefusedDemand {
  readonly #items = new Map<string, Demand>();

  /** Takes down a command that was refused for want of stock; only sales and reservations are demand. */
  note(draft: Draft, command: Command, { line, available = 0, requested = 0, isStale }: Rejection): void {
    const units = requested - available;
    // One that may be asked again under its key is counted then.
    if (units <= 0 || isStale === true) return;
    const item = itemAskedFor(draft, command, line);
    if (item === null) return;
    const key = itemKey(item.productId, item.locationId);
    let demand = this.#items.get(key);
    if (demand === undefined) {
      const { partition, productId, locationId } = item;
      demand = { place: { partition, productId, locationId }, cause: command, requests: 0, units: 0 };
      this.#items.set(key, demand);
    }
    demand.requests += 1;
    demand.units = Math.min(quantityMax, demand.units + units);
  }

  /** Tells of each item what was refused, behind everything else that the group did. */
  tell(draft: Draft, nowMs: number): void {
    for (const { place, cause, requests, units } of this.#items.values()) {
      const item = draft.item(place.partition, place.productId, place.locationId);
      if (item === null || item.life === "deleted") continue;
      const reason = `Asked for and not there: ${units} units, in requests that were refused: ${requests}.`;
      const notice = { reason, about: item.lastSequence, requests, units };
      giveNotice(draft, cause, item, entryKinds.inventoryDemandRefused, notice, nowMs);
    }
  }
}

/** The item that a line asked for: of several that it could have been, the first there is. */
function itemAskedFor(draft: Draft, command: Command, index: number): Item | null {
  if (command.kind === "inventory") {
    const { productId, locationId, movementType, change } = command.lines[index]!;
    const isSale = movementType === "sale" && change.adjustment !== undefined && change.state === undefined;
    return isSale ? itemAt(draft, productId, locationId) : null;
  }
  if (command.kind !== "reserve" || command.isDryRun) return null;
  const line = command.lines[index]!;
  for (const locationId of candidateLocations(command, line, draft)) {
    const item = itemAt(draft, line.productId, locationId);
    if (item !== null) return item;
  }
  return null;
}

function itemAt(draft: Draft, productId: string, locationId: string): Item | null {
  const item = draft.item(partitionOf(productId, draft.partitionCount), productId, locationId);
  return item === null || item.life === "deleted" ? null : item;
}
