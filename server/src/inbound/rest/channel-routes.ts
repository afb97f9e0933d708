/** /v1/channels */
import type { ChannelInventory, CreateChannel, PatchChannel, ReplaceChannel } from "@onhand/protocol/channels";
import { channelCommand, channelDocument, channelFields } from "../../commands/channel-commands.ts";
import { vectorOf } from "../../feed/heads-watcher.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import { sortableId } from "../../lib/random-id.ts";
import { lifeOf, listReply, removalOf } from "./catalogue-parts.ts";
import { channelOfOutcome, channelOfRow } from "./channel-views.ts";
import { ordinaryBodyBytesMax, refuseIfMatch, requireSameId } from "./common.ts";
import { execute, notFound, type RestContext, requestContext } from "./context.ts";
import { readRoute } from "./read-route.ts";

/** @returns the routes that list, read, create, change and delete channels, and list what they may sell */
export function channelRoutes(rest: RestContext): Route[] {
  return [...readRoutes(rest), ...writeRoutes(rest)];
}

function readRoutes(rest: RestContext): Route[] {
  return [
    readRoute(rest, "listChannels", ({ query }) =>
      listReply(rest, query, "channels", (...page) => rest.channels.channels(...page), channelOfRow),
    ),
    readRoute(rest, "getChannel", async ({ params }) => {
      const row = await rest.channels.channel(params.channelId!);
      if (row === null) throw notFound(`channel ${params.channelId}`);
      return { status: 200, body: channelOfRow(row), headers: { etag: `"${row.version}"` } };
    }),
    readRoute(rest, "listChannelInventory", ({ params, query }) => inventoryOf(rest, params.channelId!, query)),
  ];
}

/**
 * What a channel may sell. A page and its cursor are of one moment; later pages carry the cursor of the first, from where
 * the feed tells everything that changed while they were read.
 */
async function inventoryOf(rest: RestContext, channelId: string, query: Call["query"]): Promise<Reply> {
  const { limit, cursor: _cursor, minCursor: _minCursor, ...asked } = query;
  const filters = { ...asked, channelId };
  const start = rest.pageTokens.read(query, filters);
  const page = await rest.channels.inventory(
    channelId,
    {
      productId: (query.productId as string | undefined) ?? null,
      availableBelow: (query.availableBelow as number | undefined) ?? null,
    },
    start.after,
    limit as number,
  );
  if (page === null) throw notFound(`channel ${channelId}`);
  const feedCursor = start.feedCursor ?? rest.cursors.fromVector(vectorOf(page.heads));
  const body: ChannelInventory = {
    data: page.rows.map((row) => ({ productId: row.product_id, sku: row.sku, available: row.available })),
    nextCursor: rest.pageTokens.next(page.next, filters, feedCursor),
    upToDate: page.isUpToDate,
  };
  return { status: 200, body, headers: { "onhand-cursor": feedCursor } };
}

function writeRoutes(rest: RestContext): Route[] {
  const change = async (call: Call, operation: Parameters<typeof channelCommand>[3]): Promise<Reply> => {
    const context = requestContext(rest, call);
    const channelId = call.params.channelId!;
    const command = channelCommand(context, channelId, channelId, operation, call.ifMatchVersion);
    const { outcome, headers } = await execute(rest, context, command, "channel");
    return {
      status: 200,
      body: channelOfOutcome(outcome.channel),
      headers: { ...headers, etag: `"${outcome.channel.version}"` },
    };
  };
  return [
    {
      operationId: "createChannel",
      bodyBytesMax: ordinaryBodyBytesMax,
      async handle(call) {
        const body = call.body as CreateChannel;
        refuseIfMatch(call);
        const context = requestContext(rest, call);
        const channelId = body.channelId ?? sortableId("chn_", rest.clock.nowMs());
        const operation = { kind: "create", document: channelDocument(body) } as const;
        const command = channelCommand(context, channelId, body.channelId ?? null, operation, call.ifMatchVersion);
        const { outcome, headers } = await execute(rest, context, command, "channel");
        const channel = channelOfOutcome(outcome.channel);
        return {
          status: 201,
          body: channel,
          headers: { ...headers, etag: `"${channel.version}"`, location: `/v1/channels/${channel.channelId}` },
        };
      },
    },
    {
      operationId: "replaceChannel",
      bodyBytesMax: ordinaryBodyBytesMax,
      handle(call) {
        const body = call.body as ReplaceChannel;
        requireSameId("/channelId", call.params.channelId!, body.channelId);
        return change(call, { kind: "replace", document: channelDocument(body), ...lifeOf(body.status) });
      },
    },
    {
      operationId: "patchChannel",
      bodyBytesMax: ordinaryBodyBytesMax,
      handle(call) {
        const body = call.body as PatchChannel;
        requireSameId("/channelId", call.params.channelId!, body.channelId);
        return change(call, { kind: "patch", fields: channelFields(body), ...lifeOf(body.status) });
      },
    },
    {
      operationId: "deleteChannel",
      bodyBytesMax: 0,
      async handle(call) {
        const reply = await change(call, removalOf(call));
        return { status: 204, body: null, headers: reply.headers ?? {} };
      },
    },
  ];
}
