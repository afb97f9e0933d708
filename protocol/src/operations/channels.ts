/** Calls on channels, and what they may sell. */
import Type from "typebox";
import * as channels from "../channels.ts";
import { Page } from "../resources.ts";
import { Id, NonEmptyText, Quantity } from "../schema.ts";
import {
  closed,
  create,
  freshness,
  minCursor,
  type Operation,
  paging,
  patch,
  read,
  remove,
  replace,
  status,
} from "./shared.ts";

export const channelOperations = {
  listChannels: {
    ...read,
    path: "/v1/channels",
    summary: "List channels",
    query: Type.Object(
      { ...paging, minCursor, status, q: Type.Optional(NonEmptyText(200, "Text in name or id")) },
      closed,
    ),
    response: Page(channels.Channel),
  },
  createChannel: {
    ...create,
    path: "/v1/channels",
    summary: "Create a channel",
    body: channels.CreateChannel,
    response: channels.Channel,
  },
  getChannel: {
    ...read,
    path: "/v1/channels/{channelId}",
    summary: "Read a channel",
    query: freshness,
    response: channels.Channel,
  },
  replaceChannel: {
    ...replace,
    path: "/v1/channels/{channelId}",
    summary: "Replace a channel",
    body: channels.ReplaceChannel,
    response: channels.Channel,
  },
  patchChannel: {
    ...patch,
    path: "/v1/channels/{channelId}",
    summary: "Change fields of a channel",
    body: channels.PatchChannel,
    response: channels.Channel,
  },
  deleteChannel: { ...remove, path: "/v1/channels/{channelId}", summary: "Delete or archive a channel" },
  listChannelInventory: {
    ...read,
    path: "/v1/channels/{channelId}/inventory",
    summary: "List what a channel may sell",
    query: Type.Object(
      {
        limit: Type.Optional(
          Type.Integer({ minimum: 1, maximum: 100_000, default: 10_000, description: "Products in a page" }),
        ),
        cursor: paging.cursor,
        minCursor,
        productId: Type.Optional(Id("Product")),
        availableBelow: Type.Optional(Quantity("Products of which less may be sold than this")),
      },
      closed,
    ),
    response: channels.ChannelInventory,
  },
} as const satisfies Record<string, Operation>;
