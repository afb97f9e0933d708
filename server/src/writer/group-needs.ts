/** Which items, products, channel levels and holdings deciding a command takes: what is loaded, or must be remembered. */
import type { Command, ReserveCommand } from "../core/command.ts";
import { candidatesOf } from "../core/needs.ts";
import { orderLimits } from "../core/orders/order.ts";
import { partitionOf } from "../core/record/partition.ts";
import type { Holder, ItemPlace, State } from "../core/state.ts";

type Catalogue = Pick<
  State,
  "partitionCount" | "channel" | "channelsSelling" | "locationsOfChannel" | "locationsOfGroup"
>;

/** Products that a command reads without an item of theirs. */
export function productsOf(
  command: Command,
  partitionCount: number,
): readonly { partition: number; productId: string }[] {
  const placed = (productId: string) => ({ partition: partitionOf(productId, partitionCount), productId });
  switch (command.kind) {
    case "product":
    case "notice":
      return [placed(command.productId)];
    case "reserve":
    case "transfer":
      return command.lines.map(({ productId }) => placed(productId));
    case "channel-refresh":
      return command.products.map(({ productId }) => placed(productId));
    default:
      return [];
  }
}

/** A channel's level of a product. */
export interface LevelPlace {
  readonly partition: number;
  readonly productId: string;
  readonly channelId: string;
  /**
   * Locations whose items it is made from where there is none yet. One array for all products of a channel: there may be a
   * thousand of them, and most commands need none of their items.
   */
  readonly locationIds: readonly string[];
  /** The items are read even where there is a level. */
  readonly readsItems: boolean;
}

/**
 * Levels that deciding a command may read or change; duplicates are possible.
 * @param places items that the command concerns
 */
export function levelsOf(command: Command, places: readonly ItemPlace[], known: Catalogue): readonly LevelPlace[] {
  const levels: LevelPlace[] = [];
  const add = (productId: string, channelId: string, locationIds: readonly string[], readsItems = false) => {
    const partition = partitionOf(productId, known.partitionCount);
    levels.push({ partition, productId, channelId, locationIds, readsItems });
  };
  for (const { productId, locationId } of places)
    for (const channel of known.channelsSelling(productId, locationId))
      add(productId, channel.channelId, known.locationsOfChannel(channel));
  if (command.kind === "product") {
    for (const channel of known.channelsSelling(command.productId, null))
      add(command.productId, channel.channelId, known.locationsOfChannel(channel));
  }
  if (command.kind !== "reserve" && command.kind !== "channel-refresh") return levels;
  const { channelId } = command;
  const channel = channelId === null ? null : known.channel(channelId);
  if (channelId === null || (channel === null && command.kind === "reserve")) return levels;
  // A number rests on all locations of its channel. Nothing is looked at for a reservation that names too many, which is
  // refused, and for a channel that is out of use.
  const readsNone =
    command.kind === "reserve"
      ? candidatesOf(command, known) > orderLimits.candidatesPerRequestMax
      : channel?.life !== "active";
  const locationIds = channel === null || readsNone ? [] : known.locationsOfChannel(channel);
  for (const { productId } of command.kind === "reserve" ? command.lines : command.products)
    add(productId, channelId, locationIds, !readsNone);
  return levels;
}

/** Whose holdings of which products limits ask for. */
export function holdingsOf(
  { lines, limits, actor, buyerKey }: ReserveCommand,
  partitionCount: number,
): { readonly partition: number; readonly productId: string; readonly holder: Holder }[] {
  const holders: Holder[] = [];
  if (limits.percentPerPrincipal !== null) holders.push({ actor });
  if (limits.unitsPerBuyer !== null && buyerKey !== null) holders.push({ buyerKey });
  if (holders.length === 0) return [];
  return lines.flatMap(({ productId }) =>
    holders.map((holder) => ({ partition: partitionOf(productId, partitionCount), productId, holder })),
  );
}
