/** Reference model of new reservations: tried in a copy of the world, which counts only when nothing is at fault. */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { ReserveCommand } from "../../src/core/command.ts";
import type { StockOrder } from "../../src/core/orders/order.ts";
import { formatOrderId } from "../../src/core/record/ids.ts";
import { partitionOf } from "../../src/core/record/partition.ts";
import { sells } from "./reference-channels.ts";
import { candidatesOf, olderOf } from "./reference-concern.ts";
import { moveLine } from "./reference-movement.ts";
import { changeOrder, hidesDueAt, isDue, isHidden, orderVerdict } from "./reference-orders.ts";
import { type ModelTake, type Sourced, sourceAll } from "./reference-sourcing.ts";
import { faultsOfItem, faultsOfLocation, faultsOfProduct } from "./reference-subjects.ts";
import { type Fault, foremost, type Verdict } from "./verdict.ts";
import {
  adopt,
  copyOf,
  lengthOf,
  linesOf,
  locationsOfChannel,
  locationsOfGroup,
  type ModelLine,
  orderOf,
  putOrder,
  recordedAt,
  recordedItem,
  visibleRecord,
  type World,
} from "./world.ts";

/** @param group the world in front of the group, in which groups and channels have the locations that count */
export function executeReserve(world: World, command: ReserveCommand, nowMs: number, group: World): Verdict {
  const faults = [...faultsOfChannel(world, command), ...faultsOfLines(world, group, command)];
  if (faults.length > 0) return { kind: "rejected", faults: foremost(faults) };

  const trial = copyOf(world);
  const superseded = releaseOlder(trial, command, nowMs);
  const sourced = sourceAll(trial, group, command);
  const refused = faultsOfUnits(world, trial, group, command, sourced, nowMs);
  if (refused.length > 0) return { kind: "rejected", faults: foremost(refused) };

  const orderId = hold(trial, command, sourced, nowMs);
  // Older ones name the newer one, whose id is known only behind them.
  for (const id of superseded) nameSuccessor(trial, world.entries.length, id, orderId);
  const entries = trial.entries.slice(world.entries.length);
  const verdict = orderVerdict(trial, orderId, entries, nowMs, { superseded, isDryRun: command.isDryRun });
  if (!command.isDryRun) adopt(world, trial);
  return verdict;
}

function faultsOfChannel(world: World, { channelId }: ReserveCommand): Fault[] {
  if (channelId === null) return [];
  const channel = visibleRecord(world.channels, channelId);
  if (channel === null) return [{ code: "not_found", line: 0, pointer: "/channelId" }];
  return channel.life === "archived" ? [{ code: "archived", line: 0 }] : [];
}

function faultsOfLines(world: World, group: World, command: ReserveCommand): Fault[] {
  const channel = world.channels.find((one) => one.id === command.channelId && one.life === "active");
  return command.lines.flatMap((line, index) => {
    const { productId, locationId, locationGroup } = line;
    const faults = faultsOfProduct(world, line, index);
    if (locationId !== null) faults.push(...faultsOfLocation(world, locationId, index, `/lines/${index}/locationId`));
    if (locationGroup !== null && locationsOfGroup(group, locationGroup).length === 0) {
      faults.push({ code: "not_found", line: index, pointer: `/lines/${index}/locationGroup` });
    }
    const isOffered =
      channel === undefined ||
      (sells(channel.document, productId) &&
        (locationId === null || locationsOfChannel(group, channel.document).includes(locationId)) &&
        (locationGroup === null || candidatesOf(world, group, command, line).length > 0));
    if (!isOffered) return [...faults, { code: "validation_failed", line: index }];
    return locationId === null ? faults : [...faults, ...faultsOfItem(world, productId, locationId, index)];
  });
}

/** The buyer's older holds go back, but none that is being paid for. @returns their ids, oldest first */
function releaseOlder(world: World, command: ReserveCommand, nowMs: number): string[] {
  const older = olderOf(world, command)
    .map((orderId) => orderOf(world, orderId)!)
    .filter((order) => order.phase !== "paying")
    .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.orderId < b.orderId ? -1 : 1))
    .map((order) => order.orderId);
  const untold: StockOrder[] = [];
  for (const orderId of older) {
    const order = orderOf(world, orderId)!;
    const held = linesOf(world, orderId).filter((line) => line.held > 0n);
    for (const [index, line] of held.entries()) {
      // Each partition is told once that the order has an end; how its locations were chosen is known from its beginning.
      const { allocation: _, ...told } = order;
      const isFirst = held.findIndex(({ partition }) => partition === line.partition) === index;
      const lapsed = (line.lapsed ?? 0) + Number(line.held);
      const after = { ...line, held: 0n, dropped: line.dropped + line.held, lapsed, end: "superseded" as const };
      const movement = {
        kind: entryKinds.inventoryReleased,
        movementType: "hold" as const,
        productId: line.productId,
        locationId: line.locationId!,
        reserved: -line.held,
        detail: isFirst ? { order: told } : {},
      };
      moveLine(world, command, movement, after, nowMs);
    }
    if (!held.some((line) => line.partition === order.partition)) untold.push(order);
  }
  // Where the id of an order leads it is always told that the order is another now.
  const cause = { ...command, text: null };
  for (const order of untold) changeOrder(world, cause, entryKinds.reservationSuperseded, order, [], nowMs);
  return older;
}

function nameSuccessor(world: World, from: number, orderId: string, supersededBy: string): void {
  const order = { ...orderOf(world, orderId)!, supersededBy };
  putOrder(world, order);
  world.entries = world.entries.map((entry, index) => {
    if (index < from || entry.detail === null) return entry;
    const detail = JSON.parse(entry.detail);
    if (detail.order?.orderId !== orderId) return entry;
    return { ...entry, detail: JSON.stringify({ ...detail, order: { ...detail.order, supersededBy } }) };
  });
}

/** Why the units that were found cannot be held. @param trial the world in which older holds went back */
function faultsOfUnits(
  world: World,
  trial: World,
  group: World,
  command: ReserveCommand,
  sourced: Sourced,
  nowMs: number,
): Fault[] {
  const asked = command.lines.map(({ productId, locationId, quantity }, index) => ({
    requestLine: index + 1,
    productId,
    locationId,
    quantity: BigInt(quantity),
  }));
  const isWhole = command.policy === "all";
  const tooMuch = isWhole ? faultsOfLimits(world, trial, group, command, asked, nowMs) : [];
  const short = asked.filter(({ quantity }, index) => sourced.found[index]! < quantity);
  const isStale = short.some(({ requestLine }) => mayFindMore(world, group, command, requestLine - 1));
  const isShort = isWhole ? short.length > 0 : isStale || sourced.found.every((units) => units === 0n);
  if (isShort) {
    tooMuch.push(...short.map(({ requestLine }) => ({ ...shortage(command, sourced, requestLine - 1), isStale })));
  }
  if (tooMuch.length > 0 || sourced.allocation === null) return tooMuch;
  return faultsOfLimits(world, trial, group, command, sourced.takes, nowMs);
}

/** Whether holds that are over count where a line may be taken from, or where its channel sells from. */
function mayFindMore(world: World, group: World, command: ReserveCommand, index: number): boolean {
  const line = command.lines[index]!;
  const anywhere = { ...line, locationId: null, locationGroup: null };
  const places = [line, anywhere].flatMap((one) => candidatesOf(world, group, command, one));
  return places.some((locationId) => hidesDueAt(world, line.productId, locationId));
}

/** Lines that ask for the same of the same add up. */
function shortage({ lines }: ReserveCommand, { found }: Sourced, index: number): Fault {
  const line = lines[index]!;
  const isSame = (other: ReserveCommand["lines"][number]) =>
    other.productId === line.productId &&
    other.locationId === line.locationId &&
    other.locationGroup === line.locationGroup;
  const requested = lines.filter(isSame).reduce((sum, { quantity }) => sum + quantity, 0);
  const available = lines.reduce((sum, other, at) => (isSame(other) ? sum + Number(found[at]!) : sum), 0);
  return { code: "insufficient_stock", line: index, available, requested };
}

/** What is held beyond its time is held no more, wherever it lies; unless it could not be let go. */
function heldUnits(world: World, nowMs: number, isMine: (line: ModelLine) => boolean): bigint {
  return world.lines
    .filter((line) => line.kind === "reservation" && isMine(line))
    .filter((line) => !isDue(line, nowMs) || isHidden(world, line))
    .reduce((sum, { held }) => sum + held, 0n);
}

/** The first line by which a buyer, or a key, would hold more than it may. */
function faultsOfLimits(
  world: World,
  trial: World,
  group: World,
  { limits, buyerKey, actor }: ReserveCommand,
  wanted: readonly (Omit<ModelTake, "locationId"> & { readonly locationId: string | null })[],
  nowMs: number,
): Fault[] {
  const { unitsPerBuyer, percentPerPrincipal } = limits;
  for (const [index, { productId, locationId, requestLine }] of wanted.entries()) {
    const soFar = wanted.slice(0, index + 1).filter((other) => other.productId === productId);
    const units = (some: typeof soFar) => some.reduce((sum, { quantity }) => sum + quantity, 0n);
    const code = "hold_limit_exceeded" as const;
    const line = requestLine - 1;
    if (unitsPerBuyer !== null && buyerKey !== null) {
      const isBuyers = (one: ModelLine) => one.productId === productId && one.buyerKey === buyerKey;
      const held = heldUnits(trial, nowMs, isBuyers);
      const requested = units(soFar);
      if (held + requested > BigInt(unitsPerBuyer)) {
        // Where the buyer held something before the group and does so now; who else's holds are over there is all one.
        const holdsAt = ({ lines }: World) =>
          lines.filter((one) => isBuyers(one) && one.held > 0n).map((one) => one.locationId!);
        const places = holdsAt(group).filter((id) => holdsAt(world).includes(id));
        const isStale = places.some((id) => hidesDueAt(world, productId, id));
        return [{ code, line, limit: unitsPerBuyer, requested: Number(requested), isStale }];
      }
    }
    if (percentPerPrincipal === null || locationId === null) continue;
    const isHere = (one: ModelLine) => one.productId === productId && one.locationId === locationId;
    const held = heldUnits(trial, nowMs, (one) => isHere(one) && one.holder === actor);
    const requested = units(soFar.filter((other) => other.locationId === locationId));
    const onHand = recordedItem(world, productId, locationId)?.onHand ?? 0n;
    const limit = onHand > 0n ? (onHand * BigInt(percentPerPrincipal)) / 100n : 0n;
    if (held + requested <= limit) continue;
    const isStale = hidesDueAt(world, productId, locationId);
    return [{ code, line, limit: Number(limit), requested: Number(requested), isStale }];
  }
  return [];
}

function hold(world: World, command: ReserveCommand, { takes, allocation }: Sourced, nowMs: number): string {
  const { actor, buyerKey, channelId } = command;
  const partitions = takes.map((take) => partitionOf(take.productId, world.partitionCount));
  const partition = partitions[0]!;
  const order: StockOrder = {
    orderId: formatOrderId("reservation", partition, lengthOf(world, partition) + 1),
    kind: "reservation",
    partition,
    partitions: [...new Set(partitions)].sort((a, b) => a - b),
    lineCount: takes.length,
    createdAtMs: recordedAt(world, partition, nowMs),
    actor,
    phase: "held",
    expiresAtMs: nowMs + command.ttlMs,
    expectedAtMs: null,
    fromLocationId: null,
    toLocationId: null,
    channelId,
    buyerKey,
    paymentLateAtMs: null,
    supersededBy: null,
    allocation,
  };
  putOrder(world, order);
  for (const [index, { requestLine, productId, locationId, quantity }] of takes.entries()) {
    const line: ModelLine = {
      orderId: order.orderId,
      kind: "reservation",
      line: index + 1,
      requestLine,
      partition: partitions[index]!,
      productId,
      locationId,
      toLocationId: null,
      quantity,
      held: quantity,
      incoming: 0n,
      done: 0n,
      dropped: 0n,
      end: null,
      surplus: 0n,
      phase: "held",
      expiresAtMs: order.expiresAtMs,
      holder: actor,
      buyerKey,
    };
    const movement = {
      kind: entryKinds.inventoryReserved,
      movementType: "hold" as const,
      productId,
      locationId,
      reserved: quantity,
      text: command.text,
      detail: index === 0 ? { order } : {},
    };
    moveLine(world, command, movement, line, nowMs);
  }
  return order.orderId;
}
