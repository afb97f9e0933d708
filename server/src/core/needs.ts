/** Which items a command concerns: what has to be known, and what is due of them released, before it is decided. */
import type { Command, ReserveCommand, ReserveLine } from "./command.ts";
import { orderLimits } from "./orders/order.ts";
import { partitionOf } from "./record/partition.ts";
import type { ItemPlace, State } from "./state.ts";

/** What it takes to tell: the catalogue, and the lines of the orders that are named. */
export type Known = Pick<
  State,
  "partitionCount" | "locationsOfGroup" | "channel" | "locationsOfChannel" | "orderLines" | "heldAt"
> & {
  openReservations(buyerKey: string): readonly string[];
};

/**
 * @returns places of the items that deciding the command may read or change, existing or not; duplicates are possible
 */
export function itemsOf(command: Command, known: Known): readonly ItemPlace[] {
  const { partitionCount } = known;
  const place = (productId: string, locationId: string): ItemPlace => ({
    partition: partitionOf(productId, partitionCount),
    productId,
    locationId,
  });
  switch (command.kind) {
    case "inventory":
      return command.lines.map((line) => place(line.productId, line.locationId));
    case "notice":
      return [place(command.productId, command.locationId)];
    case "reserve": {
      // It is refused, and nothing is looked at.
      if (candidatesOf(command, known) > orderLimits.candidatesPerRequestMax) return [];
      const lines = command.lines.flatMap((line) =>
        weighedLocations(command, line, known).map((locationId) => place(line.productId, locationId)),
      );
      const { buyerKey, supersedes } = command;
      if (buyerKey === null) return lines;
      if (supersedes) lines.push(...known.openReservations(buyerKey).flatMap((id) => placesOfOrder(id, known)));
      if (command.limits.unitsPerBuyer !== null) {
        // A limit counts what the buyer holds anywhere: what is due of it must not count.
        for (const productId of new Set(command.lines.map((line) => line.productId))) {
          const partition = partitionOf(productId, partitionCount);
          const locationIds = known.heldAt(partition, productId, { buyerKey });
          lines.push(...locationIds.map((locationId) => ({ partition, productId, locationId })));
        }
      }
      return lines;
    }
    case "reservation":
    case "transfer-action":
      return placesOfOrder(command.orderId, known);
    case "expire":
      return command.orders.flatMap(({ orderId }) => placesOfOrder(orderId, known));
    case "transfer":
      return command.lines.flatMap(({ productId }) =>
        [command.fromLocationId, command.toLocationId].flatMap((id) => (id === null ? [] : [place(productId, id)])),
      );
    case "channel-refresh":
      return command.products.flatMap(({ productId, locationIds }) => locationIds.map((id) => place(productId, id)));
    case "product":
    case "location":
    case "channel":
    case "record":
      return [];
  }
}

/**
 * Items that the lines of a reservation may be taken from, and those that what a channel may have depends on, each line by
 * itself. Locations of a group that the channel does not have are among them, so that counting takes no comparing.
 */
export function candidatesOf(
  command: ReserveCommand,
  known: Pick<Known, "locationsOfGroup" | "channel" | "locationsOfChannel">,
): number {
  const channel = command.channelId === null ? null : known.channel(command.channelId);
  const ofChannel = channel === null ? 0 : known.locationsOfChannel(channel).length;
  return command.lines.reduce((sum, { locationId, locationGroup }) => {
    const named = locationId !== null ? 1 : locationGroup === null ? 0 : known.locationsOfGroup(locationGroup).length;
    return sum + named + ofChannel;
  }, 0);
}

/** Orders that a command names. */
export function ordersOf(command: Command): readonly string[] {
  if (command.kind === "reservation" || command.kind === "transfer-action") return [command.orderId];
  return command.kind === "expire" ? command.orders.map(({ orderId }) => orderId) : [];
}

/** Locations that a line of a reservation may be taken from, in no particular order. */
export function candidateLocations(
  command: { readonly channelId: string | null },
  line: { readonly locationId: string | null; readonly locationGroup: string | null },
  known: Pick<Known, "locationsOfGroup" | "channel" | "locationsOfChannel">,
): readonly string[] {
  const channel = command.channelId === null ? null : known.channel(command.channelId);
  const ofChannel = channel === null ? null : known.locationsOfChannel(channel);
  const named =
    line.locationId !== null
      ? [line.locationId]
      : line.locationGroup !== null
        ? known.locationsOfGroup(line.locationGroup)
        : (ofChannel ?? []);
  if (ofChannel === null || named === ofChannel) return named;
  const isOfChannel = new Set(ofChannel);
  return named.filter((id) => isOfChannel.has(id));
}

/** What a channel may have of a product depends on all its locations, wherever the line is taken from. */
export function weighedLocations(
  command: ReserveCommand,
  line: ReserveLine,
  known: Pick<Known, "locationsOfGroup" | "channel" | "locationsOfChannel">,
): readonly string[] {
  const candidates = candidateLocations(command, line, known);
  const channel = command.channelId === null ? null : known.channel(command.channelId);
  const named = line.locationId !== null || line.locationGroup !== null;
  return channel === null || !named ? candidates : [...candidates, ...known.locationsOfChannel(channel)];
}

const placesOfOrder = (orderId: string, known: Pick<Known, "orderLines">): ItemPlace[] =>
  known
    .orderLines(orderId)
    .flatMap(({ partition, productId, locationId, toLocationId }) =>
      [locationId, toLocationId].flatMap((id) => (id === null ? [] : [{ partition, productId, locationId: id }])),
    );
