/** What entries say of sources: the rule that an entry names is the one that its item and its level show. */
import { entryKinds, sourceRules } from "@onhand/protocol/vocabulary";
import type { Item, Stated } from "../../core/inventory/item.ts";
import type { Entry } from "../../core/record/entry.ts";
import { parseDetail, type Reported } from "../../core/record/entry-detail.ts";

interface Difference {
  readonly expected: string;
  readonly found: string;
}

/**
 * @param before the item in front of the entry, null for its first
 * @param after the item behind it
 */
export function reportFault(entry: Entry, before: Item | null, after: Item): Difference | null {
  const was = before === null ? undefined : before.extras.stated;
  const is = after.extras.stated;
  // Most entries have nothing to do with sources.
  if (was === undefined && is === undefined && !(entry.detail?.includes('"reported"') ?? false)) return null;
  const { reported } = parseDetail(entry);
  return statedFault(was, is, reported, entry) ?? (reported === undefined ? null : ruleFault(entry, reported, was, is));
}

function statedFault(
  was: Stated | undefined,
  is: Stated | undefined,
  reported: Reported | undefined,
  { kind }: Entry,
): Difference | null {
  // What was heard of an item goes with it.
  if (kind === entryKinds.inventoryDeleted) {
    return is === undefined ? null : { expected: "nothing stated of a deleted item", found: JSON.stringify(is) };
  }
  const isSame = JSON.stringify(was) === JSON.stringify(is);
  if (isSame) return null;
  if (reported?.stockLevel === undefined || is === undefined) {
    return { expected: `stated: ${JSON.stringify(was ?? null)}`, found: JSON.stringify(is ?? null) };
  }
  for (const [sourceId, version] of Object.entries(was?.versions ?? {})) {
    const now = versionOf(is, sourceId);
    if (now === null || now < version)
      return { expected: `version ${version} or more of source ${sourceId}`, found: String(now) };
  }
  return null;
}

function ruleFault(
  { kind, delta, occurredAtMs }: Entry,
  { sourceId, rule, stockLevel, version }: Reported,
  was: Stated | undefined,
  is: Stated | undefined,
): Difference | null {
  const found = `rule ${rule}`;
  if (!sourceRules.includes(rule)) return { expected: `one of ${sourceRules.join(", ")}`, found };
  if ((rule === "change_added") !== (stockLevel === undefined)) {
    return { expected: "change_added of changes, another rule of levels", found };
  }
  if (rule === "change_added") return null;
  if (kind !== entryKinds.inventorySet) return { expected: `a level in an entry of kind ${kind}`, found };
  const known = versionOf(was, sourceId);
  const isOlderVersion = version !== undefined && known !== null && version <= known;
  if ((rule === "older_version") !== isOlderVersion) {
    return { expected: `what follows from version ${version ?? "none"} behind ${known ?? "none"}`, found };
  }
  if (rule === "newest_level") {
    const holder = is?.sourceId ?? null;
    return holder === sourceId ? null : { expected: `a statement of ${sourceId} that holds`, found: `of ${holder}` };
  }
  if (delta.onHand !== 0) return { expected: `nothing moved by rule ${rule}`, found: `${delta.onHand} on hand` };
  if ((was?.sourceId ?? null) !== (is?.sourceId ?? null)) {
    return {
      expected: `a statement of ${was?.sourceId ?? null} that still holds`,
      found: `of ${is?.sourceId ?? null}`,
    };
  }
  const holds = was !== undefined && was.sourceId !== null && was.sourceId !== sourceId;
  if (rule === "less_trusted" && !(holds && occurredAtMs <= was.holdsUntilMs)) {
    return { expected: "a fresh statement of another source", found: JSON.stringify(was ?? null) };
  }
  return null;
}

const versionOf = (stated: Stated | undefined, sourceId: string): number | null =>
  stated !== undefined && Object.hasOwn(stated.versions, sourceId) ? stated.versions[sourceId]! : null;
