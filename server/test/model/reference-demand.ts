/** Reference model of demand that was refused: taken down with each command, told of each item behind the group. */
import { entryKinds, quantityMax } from "@onhand/protocol/vocabulary";
import type { Command } from "../../src/core/command.ts";
import { candidatesOf } from "./reference-concern.ts";
import { pushNotice } from "./reference-notices.ts";
import type { Verdict } from "./verdict.ts";
import { visibleItem, type World } from "./world.ts";

/** @param group the world in front of the whole group */
export function takeDownDemand(world: World, group: World, command: Command, verdict: Verdict): void {
  const fault = verdict.kind === "rejected" ? verdict.faults[0] : undefined;
  // One that is not final is counted when it is.
  if (fault?.code !== "insufficient_stock" || fault.isStale === true) return;
  const place = placeOf(world, group, command, fault.line);
  if (place === null) return;
  const requested = fault.requested ?? -(place.adjustment ?? 0);
  const units = BigInt(requested) - BigInt(fault.available ?? 0);
  if (units > 0n) world.refused = [...world.refused, { ...place, units, command }];
}

/** Told when all commands of a group have been executed. */
export function tellDemand(world: World, nowMs: number): void {
  const all = world.refused;
  world.refused = [];
  for (const [index, first] of all.entries()) {
    const isSame = (other: typeof first) =>
      other.productId === first.productId && other.locationId === first.locationId;
    if (all.findIndex(isSame) !== index) continue;
    const item = visibleItem(world, first.productId, first.locationId);
    if (item === null) continue;
    const sum = all.filter(isSame).reduce((units, one) => units + one.units, 0n);
    const units = sum > BigInt(quantityMax) ? quantityMax : Number(sum);
    const said = { about: item.lastSequence, requests: all.filter(isSame).length, units };
    pushNotice(world, first.command, entryKinds.inventoryDemandRefused, item, said, nowMs);
  }
}

/** Where what was asked for would have been taken first. */
function placeOf(world: World, group: World, command: Command, index: number) {
  if (command.kind === "inventory") {
    const { productId, locationId, movementType, change } = command.lines[index]!;
    if (movementType !== "sale" || change.adjustment === undefined || change.state !== undefined) return null;
    return visibleItem(world, productId, locationId) === null
      ? null
      : { productId, locationId, adjustment: change.adjustment };
  }
  if (command.kind !== "reserve" || command.isDryRun) return null;
  const line = command.lines[index]!;
  const { productId } = line;
  const locationId = candidatesOf(world, group, command, line).find((id) => visibleItem(world, productId, id) !== null);
  return locationId === undefined ? null : { productId, locationId, adjustment: undefined };
}
