/** Which channels a change of the catalogue concerns. */
import { type EntryKind, subjectOfKind } from "@onhand/protocol/vocabulary";
import type { ChannelDocument } from "../core/catalogue/catalogue.ts";

/** A location as far as it matters to channels. */
export interface Placed {
  readonly isActive: boolean;
  readonly groups: readonly string[];
}

/** What a location is before it is created. */
export const notThere: Placed = { isActive: false, groups: [] };

/** An entry of the control partition. */
export interface ControlChange {
  readonly sequence: number;
  readonly kind: EntryKind;
  readonly channelId: string | null;
  readonly locationId: string | null;
  /** The location in front of it; null where that is not known. */
  readonly before: Placed | null;
  /** The location behind it; null when it is of something else. */
  readonly after: Placed | null;
}

/** A channel as far as changes may concern it. */
export interface Scoped {
  readonly channelId: string;
  readonly document: ChannelDocument;
  readonly isActive: boolean;
}

/** Whether numbers of a channel may be others after a change. It may be said once too often, never too rarely. */
export function concerns(change: ControlChange, { channelId, document, isActive }: Scoped): boolean {
  const { kind, locationId, before, after } = change;
  const subject = subjectOfKind(kind);
  if (subject === "channel") return change.channelId === channelId;
  // One that is out of use sells nothing, wherever its locations go.
  if (subject !== "location" || !isActive) return false;
  if (before === null) return document.locations.includes(locationId!) || document.locationGroups.length > 0;
  return takesFrom(document, locationId!, before) !== takesFrom(document, locationId!, after!);
}

const takesFrom = ({ locations, locationGroups }: ChannelDocument, locationId: string, { isActive, groups }: Placed) =>
  isActive && (locations.includes(locationId) || groups.some((group) => locationGroups.includes(group)));

/**
 * Changes in order, each with what its location was before.
 * @param placed locations as they were in front of all of them; what was not found there is not known
 */
export function withBefore(
  changes: readonly Omit<ControlChange, "before">[],
  placed: ReadonlyMap<string, Placed>,
): ControlChange[] {
  const known = new Map(placed);
  return changes.map((change) => {
    const { locationId, after } = change;
    const before = locationId === null ? null : (known.get(locationId) ?? null);
    if (locationId !== null && after !== null) known.set(locationId, after);
    return { ...change, before };
  });
}
