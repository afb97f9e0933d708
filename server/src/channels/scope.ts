/** Which channels a change of the catalogue concerns. */
import { type EntryKind, entryKinds, subjectOfKind } from "@onhand/protocol/vocabulary";
import type { ChannelDocument } from "../core/catalogue/catalogue.ts";

/** An entry of the control partition. */
export interface ControlChange {
  readonly sequence: number;
  readonly kind: EntryKind;
  readonly locationId: string | null;
  readonly channelId: string | null;
  /** Groups of the location after it. */
  readonly groups: readonly string[];
}

/**
 * Whether numbers of a channel may be others after a change. It may be said once too often, never too rarely: which groups
 * a location was in before is not known.
 */
export function concerns(change: ControlChange, channelId: string, document: ChannelDocument): boolean {
  const subject = subjectOfKind(change.kind);
  if (subject === "channel") return change.channelId === channelId;
  if (subject !== "location") return false;
  if (document.locations.includes(change.locationId!)) return true;
  if (document.locationGroups.length === 0) return false;
  const isNew = change.kind === entryKinds.locationCreated;
  return !isNew || change.groups.some((group) => document.locationGroups.includes(group));
}
