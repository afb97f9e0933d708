/** Decides changes of channels, which live in the control partition. What they may sell follows later, product by product. */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { Channel, ChannelDocument } from "../catalogue/catalogue.ts";
import { catalogueEntry, catalogueKind, nextVersioned } from "../catalogue/decide-catalogue.ts";
import type { CatalogueOperation, ChannelCommand } from "../command.ts";
import { foremost } from "../orders/order-checks.ts";
import type { Outcome } from "../outcome.ts";
import { controlPartition } from "../record/partition.ts";
import type { Rejection } from "../rejection.ts";
import type { Draft } from "../state.ts";

const kinds = {
  created: entryKinds.channelCreated,
  updated: entryKinds.channelUpdated,
  archived: entryKinds.channelArchived,
  deleted: entryKinds.channelDeleted,
};

/** Nothing lies in a channel, so that it can be deleted under the lock of the control partition alone. */
export function decideChannel(draft: Draft, command: ChannelCommand, nowMs: number): Outcome {
  const { channelId, operation } = command;
  const stored = draft.channel(channelId);
  const recordedAtMs = Math.max(nowMs, draft.head(controlPartition).recordedAtMs);
  const next = nextVersioned<ChannelDocument>(
    `channel ${channelId}`,
    stored,
    operation,
    command.ifMatchVersion,
    recordedAtMs,
  );
  const misplaced = refuseLocations(draft, operation);
  if ("code" in next) return { kind: "rejected", rejection: foremost(next, misplaced)! };
  if (misplaced !== null) return { kind: "rejected", rejection: misplaced };
  const channel: Channel = { channelId, ...next };
  const kind = catalogueKind(kinds, stored?.life ?? null, channel.life);
  const place = {
    partition: controlPartition,
    sequence: draft.nextSequence(controlPartition),
    kind,
    productId: null,
    locationId: null,
  };
  const { document, life, createdAtMs } = channel;
  draft.append({
    ...catalogueEntry(command, place, channel),
    detail: JSON.stringify({ document, life, createdAtMs, channelId }),
  });
  draft.putChannel(channel);
  return { kind: "channel", channel };
}

/** A location that is named must be there now; one that is deleted later is passed over. */
function refuseLocations(draft: Draft, operation: CatalogueOperation<ChannelDocument>): Rejection | null {
  if (operation.kind === "delete") return null;
  const { locations = [] } = operation.kind === "patch" ? operation.fields : operation.document;
  const index = locations.findIndex((locationId) => (draft.location(locationId)?.life ?? "deleted") === "deleted");
  if (index < 0) return null;
  return {
    code: "not_found",
    line: 0,
    pointer: `/locations/${index}`,
    detail: `There is no location ${locations[index]}. Create it first, or leave it out.`,
  };
}
