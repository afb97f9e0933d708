/** Channels for tests against a real database: commands, a refresher, and what channels were told. */
import { createHash, randomUUID } from "node:crypto";
import { ChannelRefresher, type RefresherOptions } from "../../src/channels/refresher.ts";
import { Submitter } from "../../src/commands/submitter.ts";
import type { ChannelDocument, LocationDocument } from "../../src/core/catalogue/catalogue.ts";
import type { CatalogueOperation, ChannelCommand, LocationCommand } from "../../src/core/command.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Writer } from "../../src/writer/writer.ts";
import type { TestDatabase } from "./database.ts";

/** A channel that sells everything from the location `shop`, unless told otherwise. */
const channelDocument = (fields: Partial<ChannelDocument> = {}): ChannelDocument => ({
  name: "Web",
  locations: ["shop"],
  locationGroups: [],
  products: null,
  buffer: 0,
  buffers: {},
  ...fields,
});

const origin = () => ({
  key: createHash("sha256").update(randomUUID()).digest("hex").slice(0, 32),
  requestHash: "0".repeat(32),
  actor: "key_test",
  source: null,
  requestId: "req_test",
  traceparent: null,
  ifMatchVersion: null,
});

export const channel = (channelId: string, operation: CatalogueOperation<ChannelDocument>): ChannelCommand => ({
  kind: "channel",
  channelId,
  operation,
  ...origin(),
});

export const createChannel = (channelId: string, fields: Partial<ChannelDocument> = {}): ChannelCommand =>
  channel(channelId, { kind: "create", document: channelDocument(fields) });

export const patchChannel = (channelId: string, fields: Partial<ChannelDocument>): ChannelCommand =>
  channel(channelId, { kind: "patch", fields });

export const patchLocation = (locationId: string, fields: Partial<LocationDocument>): LocationCommand => ({
  kind: "location",
  locationId,
  operation: { kind: "patch", fields },
  ...origin(),
});

/** A refresher of a server of its own. */
export function refresherOf(
  database: TestDatabase,
  writer: Writer,
  partitionCount: number,
  options: Partial<RefresherOptions> = {},
): ChannelRefresher {
  return new ChannelRefresher({
    database: database.application,
    submitter: new Submitter(writer),
    partitionCount,
    serverId: "srv_1",
    clock: systemClock,
    metrics: { walked: () => {}, failed: () => {} },
    logger: { warn: () => {} },
    ...options,
  });
}

/** What channels are told, by `channel/product`. */
export async function channelNumbers(database: TestDatabase): Promise<Record<string, number>> {
  const { rows } = await database.owner.query<{ name: string; available: number }>({
    text: "SELECT channel_id || '/' || product_id AS name, available FROM channel_level ORDER BY 1",
  });
  return Object.fromEntries(rows.map((row) => [row.name, row.available]));
}
