/**
 * Walks through all products of a channel, page by page, and has each one's number made right by the writer, which decides
 * with the channel as it is by then. A walk changes nothing where nothing is wrong, so it may be begun again at any time.
 */
import type { LifeState } from "@onhand/protocol/vocabulary";
import type { Submitter } from "../commands/submitter.ts";
import type { ChannelDocument } from "../core/catalogue/catalogue.ts";
import type { ChannelRefreshCommand } from "../core/command.ts";
import { systemActor } from "../core/inventory/movement.ts";
import { partitionOf } from "../core/record/partition.ts";
import type { Queryable } from "../db/pool.ts";
import { randomBytes, requestId } from "../lib/random-id.ts";
import * as sql from "./sql/refresh.ts";

export const walkLimits = {
  /** Products that are read at once. */
  pageProductsMax: 500,
  /** Of a command: what it holds a partition up for. */
  commandProductsMax: 100,
  commandItemsMax: 1_000,
  /** Commands that wait for the writer at a time. */
  commandsInFlightMax: 4,
} as const;

export interface WalkParts {
  readonly database: Queryable;
  readonly submitter: Pick<Submitter, "submitOne">;
  readonly partitionCount: number;
}

export interface WalkedChannel {
  readonly channelId: string;
  readonly document: ChannelDocument;
  /** Archived or deleted it sells nothing. */
  readonly life: LifeState;
}

export interface Walked {
  readonly products: number;
  /** Numbers that were told. */
  readonly told: number;
}

/**
 * @param goOn asked before each page; a walk that may not go on ends where it is
 * @returns null when it did not come to its end
 * @throws whatever the database or the writer fails with
 */
export async function walkChannel(
  parts: WalkParts,
  channel: WalkedChannel,
  goOn: () => Promise<boolean>,
): Promise<Walked | null> {
  const selling = sellingOf(channel, parts.partitionCount);
  let after = sql.beforeAllProducts;
  let products = 0;
  let told = 0;
  for (;;) {
    if (!(await goOn())) return null;
    const { rows } = await parts.database.query<sql.RefreshProductRow>(
      sql.productsToRefresh(selling, after, walkLimits.pageProductsMax),
    );
    const wanted = rows.filter((row) => row.has_level || row.location_ids.length > 0);
    told += await submitAll(parts, commandsOf(channel.channelId, wanted));
    if (channel.life === "deleted")
      await parts.database.query(sql.forgetLevels(channel.channelId, wanted.map(placeOf)));
    products += wanted.length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < walkLimits.pageProductsMax) return { products, told };
    after = placeOf(last);
  }
}

const placeOf = (row: sql.RefreshProductRow): sql.ProductPlace => ({
  partition: row.partition,
  productId: row.product_id,
});

function sellingOf({ channelId, document, life }: WalkedChannel, partitionCount: number): sql.Selling {
  const { locations, locationGroups, products } = document;
  const listed = life === "active" ? products : [];
  return {
    channelId,
    locations,
    locationGroups,
    products: listed?.map((productId) => ({ productId, partition: partitionOf(productId, partitionCount) })) ?? null,
  };
}

/** Each of one partition, and of no more than a partition can be held up for. */
export function commandsOf(channelId: string, rows: readonly sql.RefreshProductRow[]): ChannelRefreshCommand[] {
  const chunks: sql.RefreshProductRow[][] = [];
  let items = 0;
  for (const row of rows) {
    const chunk = chunks.at(-1);
    items += row.location_ids.length;
    const isFull = items > walkLimits.commandItemsMax || chunk?.length === walkLimits.commandProductsMax;
    if (chunk !== undefined && chunk[0]!.partition === row.partition && !isFull) {
      chunk.push(row);
      continue;
    }
    chunks.push([row]);
    items = row.location_ids.length;
  }
  return chunks.map((chunk) => ({
    kind: "channel-refresh",
    channelId,
    partition: chunk[0]!.partition,
    products: chunk.map((row) => ({ productId: row.product_id, locationIds: row.location_ids })),
    // Never asked for again under its key: whoever repeats it makes another one.
    key: Buffer.from(randomBytes(16)).toString("hex"),
    requestHash: "0".repeat(32),
    actor: systemActor,
    source: null,
    requestId: requestId(),
    traceparent: null,
  }));
}

/** @returns how many numbers were told */
async function submitAll({ submitter }: WalkParts, commands: readonly ChannelRefreshCommand[]): Promise<number> {
  let told = 0;
  for (let from = 0; from < commands.length; from += walkLimits.commandsInFlightMax) {
    const together = commands.slice(from, from + walkLimits.commandsInFlightMax);
    const settled = await Promise.allSettled(together.map((command) => submitter.submitOne(command)));
    for (const result of settled) {
      if (result.status === "rejected") throw result.reason;
      const { outcome } = result.value;
      if (outcome.kind !== "done")
        throw new Error(`a refresh of channel ${together[0]!.channelId} came to ${outcome.kind}`);
      told += outcome.entries;
    }
  }
  return told;
}
