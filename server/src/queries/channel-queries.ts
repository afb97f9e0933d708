/** Reads of channels and of what they may sell. */
import { controlPartition, partitionOf } from "../core/record/partition.ts";
import type { Queryable } from "../db/pool.ts";
import * as sql from "./sql/channels.ts";

export type { ChannelViewRow } from "./sql/channels.ts";

export interface ChannelPage<Row> {
  readonly rows: readonly Row[];
  readonly next: readonly unknown[] | null;
}

export interface ChannelItemRow {
  readonly product_id: string;
  readonly sku: string;
  readonly available: number;
}

/** The end of a partition at the moment that was read. */
export interface SeenHead {
  readonly partition: number;
  readonly sequence: number;
  readonly hash: Buffer;
  readonly epoch: number;
}

export interface ChannelInventoryPage extends ChannelPage<ChannelItemRow> {
  /** All partitions in order: what the page shows is what was told up to here, neither less nor more. */
  readonly heads: readonly SeenHead[];
  /** False while numbers lag behind a change of the channel or of locations. */
  readonly isUpToDate: boolean;
}

export class ChannelQueries {
  readonly #database: Queryable;
  readonly #partitionCount: number;

  constructor(database: Queryable, partitionCount: number) {
    this.#database = database;
    this.#partitionCount = partitionCount;
  }

  /** @returns null when there is none or it was deleted */
  async channel(channelId: string): Promise<sql.ChannelViewRow | null> {
    const { rows } = await this.#database.query<sql.ChannelViewRow>(sql.channelById(channelId));
    return rows[0] ?? null;
  }

  async channels(
    lives: readonly number[],
    q: string | null,
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<ChannelPage<sql.ChannelViewRow>> {
    const { rows } = await this.#database.query<sql.ChannelViewRow>(sql.listChannels(lives, q, after, limit + 1));
    const last = rows[limit - 1];
    return { rows: rows.slice(0, limit), next: rows.length > limit && last !== undefined ? [last.channel_id] : null };
  }

  /** @returns a page of what a channel may sell, by partition and product; null when there is no such channel */
  async inventory(
    channelId: string,
    filter: { readonly productId: string | null; readonly availableBelow: number | null },
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<ChannelInventoryPage | null> {
    const { productId, availableBelow } = filter;
    const product = productId === null ? null : { productId, partition: partitionOf(productId, this.#partitionCount) };
    const { rows } = await this.#database.query<sql.ChannelInventoryRow>(
      sql.channelInventory(channelId, { product, availableBelow }, after, limit + 1),
    );
    const heads = rows.filter((row) => row.product_id === null) as unknown as SeenHead[];
    const refreshedThrough = rows[0]?.refreshed_through ?? null;
    if (refreshedThrough === null) return null;
    const found = rows.slice(heads.length) as (ChannelItemRow & { readonly partition: number })[];
    const last = found[limit - 1];
    return {
      rows: found.slice(0, limit),
      next: found.length > limit && last !== undefined ? [last.partition, last.product_id] : null,
      heads,
      isUpToDate: refreshedThrough >= heads[controlPartition]!.sequence,
    };
  }
}
