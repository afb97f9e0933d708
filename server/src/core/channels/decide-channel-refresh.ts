/**
 * Makes what a channel is told of some products right, after the channel or a location changed. Whoever asks for it may
 * ask again at any time: where nothing has changed, nothing is written.
 */

import type { ChannelRefreshCommand } from "../command.ts";
import { systemActor } from "../inventory/movement.ts";
import type { Outcome } from "../outcome.ts";
import type { Draft } from "../state.ts";
import { putLevel, sellsProduct, sumOf, toldOf } from "./channel-levels.ts";

/**
 * All items of the products are known, not only those at the locations that the command names: one may have come since
 * it was made.
 */
export function decideChannelRefresh(draft: Draft, command: ChannelRefreshCommand, nowMs: number): Outcome {
  const { channelId, partition } = command;
  const channel = draft.channel(channelId);
  const cause = { ...command, actor: systemActor, source: null };
  let entries = 0;
  for (const { productId } of command.products) {
    const row = draft.channelLevel(partition, productId, channelId);
    const isSold = channel !== null && channel.life === "active" && sellsProduct(channel.document, productId);
    const next = { partition, productId, channelId };
    if (!isSold) {
      if (row !== null) entries += putLevel(draft, cause, row, { ...next, sellable: 0, available: 0 }, nowMs);
      continue;
    }
    const locationIds = draft.locationsOfChannel(channel);
    const sellable = sumOf(draft.itemsAt(partition, productId, locationIds));
    const before = sumOf(draft.itemsBefore(partition, productId, locationIds));
    // A product that it never had gets its row with the first item that can be sold.
    if (row === null && sellable === 0 && before === 0) continue;
    const available = toldOf(draft, channel, { ...next, sellable });
    // The number is told as it is now. The sum is put as it was before the group, whose changes are added at its end.
    entries += putLevel(draft, cause, row, { ...next, sellable: before, available }, nowMs);
  }
  return { kind: "done", entries };
}
