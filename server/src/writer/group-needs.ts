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

/**
 * Items that a command reads beyond those it concerns: a channel's number of a product rests on all its locations.
 */
export function itemsBehind(command: Command, known: Catalogue): readonly ItemPlace[] {
  if (command.kind !== "reserve" && command.kind !== "channel-refresh") return [];
  if (command.kind === "reserve" && candidatesOf(command, known) > orderLimits.candidatesPerRequestMax) return [];
  const channel = command.channelId === null ? null : known.channel(command.channelId);
  if (channel === null) return [];
  const products = command.kind === "reserve" ? command.lines : command.products;
  return products.flatMap(({ productId }) => placesOf(productId, known.locationsOfChannel(channel), known));
}

/** A channel's level of a product. */
export interface LevelPlace {
  readonly partition: number;
  readonly productId: string;
  readonly channelId: string;
  /** Items that it is made from where there is none yet. */
  readonly items: readonly ItemPlace[];
}

/**
 * Levels that deciding a command may read or change.
 * @param places items that the command concerns
 */
export function levelsOf(command: Command, places: readonly ItemPlace[], known: Catalogue): readonly LevelPlace[] {
  const levels: LevelPlace[] = [];
  const add = (productId: string, channel: { readonly channelId: string } | null, locationIds: readonly string[]) => {
    if (channel === null) return;
    const partition = partitionOf(productId, known.partitionCount);
    levels.push({ partition, productId, channelId: channel.channelId, items: placesOf(productId, locationIds, known) });
  };
  for (const { productId, locationId } of places)
    for (const channel of known.channelsSelling(productId, locationId))
      add(productId, channel, known.locationsOfChannel(channel));
  if (command.kind === "product") {
    for (const channel of known.channelsSelling(command.productId, null))
      add(command.productId, channel, known.locationsOfChannel(channel));
  }
  if (command.kind === "channel-refresh") {
    for (const { productId } of command.products) add(productId, { channelId: command.channelId }, []);
  } else if (command.kind === "reserve" && command.channelId !== null) {
    for (const { productId } of command.lines) add(productId, known.channel(command.channelId), []);
  }
  return levels;
}

const placesOf = (
  productId: string,
  locationIds: readonly string[],
  { partitionCount }: Pick<State, "partitionCount">,
): ItemPlace[] => {
  const partition = partitionOf(productId, partitionCount);
  return locationIds.map((locationId) => ({ partition, productId, locationId }));
};

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
