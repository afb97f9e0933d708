/**
 * Compares what channels may sell with what their locations have, and with what they were told last.
 *
 * Levels follow a change of a channel or a location only after a while. A channel that has not been looked after since is
 * compared only with what it was told.
 */

import type { ChannelDocument } from "../../core/catalogue/catalogue.ts";
import { channelAvailable } from "../../core/catalogue/catalogue.ts";
import type { Entry } from "../../core/record/entry.ts";
import { parseDetail } from "../../core/record/entry-detail.ts";
import type { Queryable } from "../../db/pool.ts";
import { type FaultList, reportLimits } from "./report.ts";
import {
  type ChannelLevelCheckRow,
  readActiveLocations,
  readChannelLevels,
  readSelling,
  readUnfoundedLevels,
  type SellingRow,
} from "./sql/read-orders.ts";

const pageRows = 2_000;

/** What a channel sells, and from where. */
export interface SellingChannel {
  readonly channelId: string;
  /** Null when it is not in use. */
  readonly document: ChannelDocument | null;
  readonly locationIds: readonly string[];
  readonly isRefreshed: boolean;
}

/** @returns every channel with its locations in use */
export async function readChannels(connection: Queryable): Promise<SellingChannel[]> {
  const { rows: channels } = await connection.query<SellingRow>(readSelling());
  if (channels.length === 0) return [];
  const { rows: locations } = await connection.query<{ location_id: string; groups: string[] }>(readActiveLocations());
  return channels.map((row) => {
    const document = row.document as ChannelDocument;
    const isOf = (location: (typeof locations)[number]): boolean =>
      document.locations.includes(location.location_id) ||
      location.groups.some((group) => document.locationGroups.includes(group));
    return {
      channelId: row.channel_id,
      document: row.life === 0 ? document : null,
      locationIds: row.life === 0 ? locations.filter(isOf).map((location) => location.location_id) : [],
      isRefreshed: row.is_refreshed,
    };
  });
}

/** What channels were told last, by product and channel. */
export class ToldFold {
  readonly told = new Map<string, { readonly available: number; readonly sequence: number }>();

  visit(entry: Entry): void {
    const { channelLevel } = parseDetail(entry);
    if (channelLevel === undefined) return;
    const { channelId, available } = channelLevel;
    this.told.set(`${entry.productId}\n${channelId}`, { available, sequence: entry.sequence });
  }
}

export interface ChannelScope {
  readonly connection: Queryable;
  readonly partition: number;
  readonly faults: FaultList;
  readonly fromSequence: number;
}

/** @param fold emptied on the way */
export async function checkChannelLevels(
  scope: ChannelScope,
  channels: readonly SellingChannel[],
  fold: ToldFold,
): Promise<void> {
  const { connection, partition, faults } = scope;
  for (const channel of channels) {
    let afterId = "";
    for (;;) {
      const statement = readChannelLevels(partition, channel, afterId, pageRows);
      const { rows } = await connection.query<ChannelLevelCheckRow>(statement);
      for (const row of rows) checkRow(scope, channel, row, fold);
      if (rows.length < pageRows) break;
      afterId = rows.at(-1)!.product_id;
    }
  }
  const { rows: unfounded } = await connection.query<{ product_id: string; channel_id: string }>(
    readUnfoundedLevels(partition, reportLimits.faultsMax),
  );
  for (const { product_id: productId, channel_id: channelId } of unfounded) {
    const expected = "a product and a channel";
    faults.add("unfounded", { sequence: null, productId, channelId, expected, found: "one of them is missing" });
  }
}

function checkRow(
  { faults, fromSequence }: ChannelScope,
  channel: SellingChannel,
  row: ChannelLevelCheckRow,
  { told }: ToldFold,
): void {
  const { channelId, document } = channel;
  const productId = row.product_id;
  const key = `${productId}\n${channelId}`;
  const last = told.get(key);
  told.delete(key);
  const fault = (expected: string, found: string): void =>
    faults.add("channel_level", { sequence: null, productId, channelId, expected, found });
  const toldText = row.sellable === null ? "no row" : `available ${row.available}, told by entry ${row.told_sequence}`;
  if (last !== undefined) {
    // The row of a channel that was deleted goes, and one that is made again begins anew: both only after it was told none.
    const isForgotten = last.available === 0 && (row.available ?? 0) === 0 && (row.told_sequence ?? 0) === 0;
    if (!isForgotten && (row.available !== last.available || row.told_sequence !== last.sequence))
      fault(`available ${last.available}, told by entry ${last.sequence}`, toldText);
  } else if (row.sellable !== null && fromSequence === 0 && (row.available !== 0 || row.told_sequence !== 0))
    fault("never told", toldText);
  if (!channel.isRefreshed) return;
  const sells = document !== null && (document.products === null || document.products.includes(productId));
  const sellable = sells ? Number(row.expected) : 0;
  if ((row.sellable ?? 0) !== sellable) fault(`sellable ${sellable}`, `sellable ${row.sellable ?? "in no row"}`);
  const available = sells && row.is_active ? channelAvailable(document, productId, sellable) : 0;
  if ((row.available ?? 0) !== available) fault(`available ${available}`, `available ${row.available ?? "in no row"}`);
}
