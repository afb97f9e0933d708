/** Makes commands from what callers send about channels. */
import type { CreateChannel, PatchChannel } from "@onhand/protocol/channels";
import type { ChannelDocument } from "../core/catalogue/catalogue.ts";
import type { CatalogueOperation, ChannelCommand } from "../core/command.ts";
import { originOf, type RequestContext } from "./request-context.ts";

/** A whole channel document; what is absent takes its default. */
export function channelDocument(body: CreateChannel): ChannelDocument {
  return {
    name: body.name,
    locations: body.locations ?? [],
    locationGroups: body.locationGroups ?? [],
    products: body.products ?? null,
    buffer: body.buffer ?? 0,
    buffers: body.buffers ?? {},
  };
}

/** The fields of a channel that a PATCH names. */
export function channelFields(body: PatchChannel): Partial<ChannelDocument> {
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.locations === undefined ? {} : { locations: body.locations }),
    ...(body.locationGroups === undefined ? {} : { locationGroups: body.locationGroups }),
    ...(body.products === undefined ? {} : { products: body.products }),
    ...(body.buffer === undefined ? {} : { buffer: body.buffer }),
    ...(body.buffers === undefined ? {} : { buffers: body.buffers }),
  };
}

/** @param namedId the id that the caller named: null when one was made, which differs from try to try */
export function channelCommand(
  context: RequestContext,
  channelId: string,
  namedId: string | null,
  operation: CatalogueOperation<ChannelDocument>,
  ifMatchVersion: number | null,
): ChannelCommand {
  const content = ["channel", namedId, operation, ifMatchVersion];
  return {
    kind: "channel",
    channelId,
    operation,
    ifMatchVersion,
    ...originOf(context, context.idempotencyKey, content),
  };
}
