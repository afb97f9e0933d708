/** Reference model: the items that a command is about, existing or not. */
import type { Command, ReserveCommand } from "../../src/core/command.ts";
import { linesOf, locationsOfChannel, locationsOfGroup, type World } from "./world.ts";

interface Place {
  readonly productId: string;
  readonly locationId: string;
}

/**
 * Places whose due holds are let go before the command is looked at.
 * @param group the world in front of the group, in which groups and channels have the locations that count
 */
export function placesOf(world: World, command: Command, group: World): Place[] {
  switch (command.kind) {
    case "inventory":
      return command.lines.map(({ productId, locationId }) => ({ productId, locationId }));
    case "notice":
      return [command];
    case "reserve":
      return [
        ...command.lines.flatMap((line) =>
          weighedFor(world, group, command, line).map((locationId) => ({ productId: line.productId, locationId })),
        ),
        ...olderOf(world, command).flatMap((orderId) => placesOfOrder(world, orderId)),
        ...limitedPlacesOf(world, command),
      ];
    case "reservation":
    case "transfer-action":
      return placesOfOrder(world, command.orderId);
    case "expire":
      return command.orders.flatMap(({ orderId }) => placesOfOrder(world, orderId));
    case "transfer":
      return command.lines.flatMap(({ productId }) =>
        [command.fromLocationId, command.toLocationId].flatMap((locationId) =>
          locationId === null ? [] : [{ productId, locationId }],
        ),
      );
    case "channel-refresh":
      return command.products.flatMap(({ productId, locationIds }) =>
        locationIds.map((locationId) => ({ productId, locationId })),
      );
    case "product":
    case "location":
    case "channel":
    case "record":
      return [];
  }
}

const placesOfOrder = (world: World, orderId: string): Place[] =>
  linesOf(world, orderId).flatMap(({ productId, locationId, toLocationId }) =>
    [locationId, toLocationId].flatMap((id) => (id === null ? [] : [{ productId, locationId: id }])),
  );

/** Where a line may be taken from: the place or the group that it names, or anywhere that its channel sells from. */
export function candidatesOf(
  world: World,
  group: World,
  { channelId }: ReserveCommand,
  { locationId, locationGroup }: ReserveCommand["lines"][number],
): string[] {
  const channel = world.channels.find((one) => one.id === channelId);
  const sellsFrom = channel === undefined ? [] : locationsOfChannel(group, channel.document);
  if (locationId === null && locationGroup === null) return sellsFrom;
  const said = locationId === null ? locationsOfGroup(group, locationGroup!) : [locationId];
  return channel === undefined ? said : said.filter((id) => sellsFrom.includes(id));
}

/** What a channel may have of a product depends on all its places, wherever a line is taken from. */
function weighedFor(world: World, group: World, command: ReserveCommand, line: ReserveCommand["lines"][number]) {
  const anywhere = { ...line, locationId: null, locationGroup: null };
  return [...candidatesOf(world, group, command, line), ...candidatesOf(world, group, command, anywhere)];
}

/** Where the buyer holds units of what is asked for, when a limit counts them. */
function limitedPlacesOf(world: World, { lines, limits, buyerKey }: ReserveCommand): Place[] {
  if (limits.unitsPerBuyer === null || buyerKey === null) return [];
  return [...new Set(lines.map(({ productId }) => productId))].flatMap((productId) =>
    world.lines
      .filter((line) => line.kind === "reservation" && line.productId === productId && line.buyerKey === buyerKey)
      .filter((line) => line.held > 0n)
      .map((line) => ({ productId, locationId: line.locationId! }))
      .sort((a, b) => (a.locationId < b.locationId ? -1 : 1)),
  );
}

/** The buyer's open reservations that a new one may take the place of. */
export function olderOf(world: World, command: ReserveCommand): string[] {
  const { supersedes, buyerKey } = command;
  if (!supersedes || buyerKey === null) return [];
  return world.orders
    .filter((order) => order.kind === "reservation" && order.buyerKey === buyerKey)
    .filter((order) => linesOf(world, order.orderId).some((line) => line.held > 0n))
    .map((order) => order.orderId);
}
