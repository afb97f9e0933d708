/** Channels as callers see them. */
import type { Channel } from "@onhand/protocol/channels";
import { lifeStates } from "@onhand/protocol/vocabulary";
import type { ChannelDocument, Channel as CoreChannel } from "../../core/catalogue/catalogue.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";
import type { ChannelViewRow } from "../../queries/channel-queries.ts";

/** A channel as it is after a decision. */
export const channelOfOutcome = ({ channelId, document, ...state }: CoreChannel): Channel => ({
  channelId,
  name: document.name,
  locations: [...document.locations],
  locationGroups: [...document.locationGroups],
  products: document.products === null ? null : [...document.products],
  buffer: document.buffer,
  buffers: { ...document.buffers },
  status: state.life === "archived" ? "archived" : "active",
  version: state.version,
  createdAt: formatRfc3339(state.createdAtMs),
  updatedAt: formatRfc3339(state.updatedAtMs),
});

/** A channel as a row of a query. */
export const channelOfRow = (row: ChannelViewRow): Channel =>
  channelOfOutcome({
    channelId: row.channel_id,
    document: row.document as ChannelDocument,
    version: row.version,
    life: lifeStates[row.life]!,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  });
