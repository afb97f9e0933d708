/**
 * What a registered source says of an item, and the rule that decides about it.
 *
 * Changes are added, in any order. Of levels the newest holds: a source that numbers its statements is held to the numbers,
 * any other one to its times, by the rules of counts (`containment.ts`). While the statement of a source is fresh, those of
 * less trusted sources do not move it. What does not hold is recorded, with its rule, and moves nothing.
 *
 * Trust is decided in the order in which statements arrive, for what holds is what was known first to hold: a statement of
 * a trusted source that arrives behind a newer one of another source is an older level.
 */
import type { SourceRule } from "@onhand/protocol/vocabulary";
import type { SourceReport } from "../command.ts";
import { limits } from "../limits.ts";
import type { Contained, Reported } from "../record/entry-detail.ts";
import type { Stated } from "./item.ts";

/** Rules of levels that are recorded and move nothing, whatever was counted. */
type RuleAgainst = Extract<SourceRule, "older_version" | "less_trusted">;

const noVersions: Stated["versions"] = {};

/**
 * @param stated what sources stated of the item before
 * @param asOfMs the moment that the level holds for
 * @returns why a level does not hold although no count is against it; null when nothing is
 */
export function ruleAgainst(stated: Stated | undefined, report: SourceReport, asOfMs: number): RuleAgainst | null {
  if (stated === undefined) return null;
  const { sourceId, trust, version } = report;
  const known = versionOf(stated.versions, sourceId);
  if (version !== null && known !== null && version <= known) return "older_version";
  const isOthers = stated.sourceId !== null && stated.sourceId !== sourceId;
  return isOthers && stated.trust > trust && asOfMs <= stated.holdsUntilMs ? "less_trusted" : null;
}

/** @returns the rule of a level that may hold: it does unless a later count or statement contains it */
export const ruleOfLevel = (contained: Contained | null): SourceRule =>
  contained === null ? "newest_level" : "older_level";

/** @returns what sources stated of the item behind a level that was decided; the same object when that did not change */
export function statedAfter(
  stated: Stated | undefined,
  report: SourceReport,
  rule: SourceRule,
  asOfMs: number,
): Stated | undefined {
  const before = stated?.versions ?? noVersions;
  const versions = withVersion(before, report);
  const { sourceId, trust, freshForMs } = report;
  if (rule === "newest_level") return { sourceId, trust, holdsUntilMs: asOfMs + freshForMs, versions };
  if (versions === before) return stated;
  return { sourceId: null, trust: 0, holdsUntilMs: 0, ...stated, versions };
}

/** A version that was heard is heard for ever, also of a level that did not hold; it never goes back. */
function withVersion(versions: Stated["versions"], { sourceId, version }: SourceReport): Stated["versions"] {
  if (version === null) return versions;
  const known = versionOf(versions, sourceId);
  if (known !== null && known >= version) return versions;
  // Whoever is too many is held to times alone.
  if (known === null && Object.keys(versions).length >= limits.versionedSourcesPerItemMax) return versions;
  return { ...versions, [sourceId]: version };
}

/** Ids of sources may be names that every object answers to. */
const versionOf = (versions: Stated["versions"], sourceId: string): number | null =>
  Object.hasOwn(versions, sourceId) ? versions[sourceId]! : null;

/** @returns what the entry says of a report */
export const reportedOf = (
  { sourceId, version, saidAtMs }: SourceReport,
  rule: SourceRule,
  stockLevel: number | undefined,
): Reported => ({
  sourceId,
  rule,
  ...(stockLevel === undefined ? {} : { stockLevel }),
  ...(version === null ? {} : { version }),
  ...(saidAtMs === null ? {} : { saidAtMs }),
});
