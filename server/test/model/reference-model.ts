/**
 * The reference model: what every command must come to, written down a second time as naively as possible. It shares
 * nothing with the core but types, the vocabulary, ids and `partitionOf`.
 */
import type { Command } from "../../src/core/command.ts";
import type { Item } from "../../src/core/inventory/item.ts";
import { plainExtras } from "./plain.ts";
import { executeLocation, executeProduct } from "./reference-catalogue.ts";
import { executeChannel, executeRefresh, tellChannels } from "./reference-channels.ts";
import { placesOf } from "./reference-concern.ts";
import { takeDownDemand, tellDemand } from "./reference-demand.ts";
import { executeInventory } from "./reference-inventory.ts";
import { executeNotice, executeRecord, tellNotices } from "./reference-notices.ts";
import { releaseDueOf } from "./reference-orders.ts";
import { executeExpire, executeReservation } from "./reference-reservations.ts";
import { executeReserve } from "./reference-reserve.ts";
import { executeTransfer, executeTransferAction } from "./reference-transfers.ts";
import type { Verdict } from "./verdict.ts";
import { copyOf, recordedItem, type World } from "./world.ts";

/**
 * Executes one command in the world and says what comes of it: in front of it what is due of its items is released, behind
 * it thresholds are told.
 * @param group the world in front of the whole group
 */
export function execute(world: World, command: Command, nowMs: number, group: World = copyOf(world)): Verdict {
  const before = copyOf(world);
  for (const { productId, locationId } of placesOf(world, command, group)) {
    releaseDueOf(world, command, productId, locationId, nowMs);
  }
  const verdict = executeOne(world, command, nowMs, group);
  tellNotices(world, before, command, nowMs);
  takeDownDemand(world, group, command, verdict);
  return asRead(world, verdict);
}

/** Items of an answer say what a read of the same version says behind the notices. */
function asRead(world: World, verdict: Verdict): Verdict {
  const read = (item: Item): Item => {
    const now = recordedItem(world, item.productId, item.locationId);
    return now?.version === item.version ? { ...item, extras: plainExtras(now.extras) } : item;
  };
  if (verdict.kind === "lines")
    return { ...verdict, lines: verdict.lines.map((line) => ({ ...line, item: read(line.item) })) };
  if (verdict.kind !== "order") return verdict;
  return { ...verdict, outcome: { ...verdict.outcome, items: verdict.outcome.items.map(read) } };
}

/** Told when all commands of a group have been executed. @param group the world in front of it */
export function finishGroup(world: World, group: World, nowMs: number): void {
  tellChannels(world, group, nowMs);
  tellDemand(world, nowMs);
}

function executeOne(world: World, command: Command, nowMs: number, group: World): Verdict {
  switch (command.kind) {
    case "inventory":
      return executeInventory(world, command, nowMs);
    case "product":
      return executeProduct(world, command, nowMs);
    case "location":
      return executeLocation(world, command, nowMs);
    case "channel":
      return executeChannel(world, command, nowMs);
    case "channel-refresh":
      return executeRefresh(world, group, command, nowMs);
    case "notice":
      return executeNotice(world, command, nowMs);
    case "record":
      return executeRecord(world, command, nowMs);
    case "reserve":
      return executeReserve(world, command, nowMs, group);
    case "reservation":
      return executeReservation(world, command, nowMs);
    case "expire":
      return executeExpire(world, command, nowMs);
    case "transfer":
      return executeTransfer(world, command, nowMs);
    case "transfer-action":
      return executeTransferAction(world, command, nowMs);
  }
}
