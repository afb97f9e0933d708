/** Decides changes of locations, which live in the control partition. */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { LocationCommand } from "../command.ts";
import type { Outcome } from "../outcome.ts";
import { controlPartition } from "../record/partition.ts";
import type { Draft } from "../state.ts";
import type { Location, LocationDocument } from "./catalogue.ts";
import { catalogueEntry, catalogueKind, nextVersioned } from "./decide-catalogue.ts";

const kinds = {
  created: entryKinds.locationCreated,
  updated: entryKinds.locationUpdated,
  archived: entryKinds.locationArchived,
  deleted: entryKinds.locationDeleted,
};

/** A deletion must be decided under the locks of all partitions, alone in its group: then no stock can arrive meanwhile. */
export function decideLocation(draft: Draft, command: LocationCommand, nowMs: number): Outcome {
  const { locationId } = command;
  const stored = draft.location(locationId);
  const recordedAtMs = Math.max(nowMs, draft.head(controlPartition).recordedAtMs);
  const next = nextVersioned<LocationDocument>(
    `location ${locationId}`,
    stored,
    command.operation,
    command.ifMatchVersion,
    recordedAtMs,
  );
  if ("code" in next) return { kind: "rejected", rejection: next };
  if (next.life === "deleted" && draft.holdsStock({ locationId })) {
    const detail = `Location ${locationId} still holds stock, reservations or incoming units. Bring them to zero, or archive it with ?archive=true.`;
    return { kind: "rejected", rejection: { code: "in_use", line: 0, detail } };
  }
  const location: Location = { locationId, ...next };
  const kind = catalogueKind(kinds, stored?.life ?? null, location.life);
  const place = {
    partition: controlPartition,
    sequence: draft.nextSequence(controlPartition),
    kind,
    productId: null,
    locationId,
  };
  draft.append(catalogueEntry(command, place, location));
  draft.putLocation(location);
  return { kind: "location", location };
}
