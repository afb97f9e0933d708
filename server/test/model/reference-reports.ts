/**
 * Reference model of what sources say: all rules in their order, each asked for itself, the first one that is true decides.
 */
import type { SourceRule } from "@onhand/protocol/vocabulary";
import type { InventoryLine } from "../../src/core/command.ts";
import type { Reported } from "../../src/core/record/entry-detail.ts";
import type { Counted } from "./reference-counts.ts";
import type { ModelExtras, ModelStated } from "./world.ts";

/** Sources whose versions an item remembers. */
const versionedSourcesMax = 32;

const unstated: ModelStated = { sourceId: null, trust: 0, holdsUntilMs: 0, versions: new Map() };
const nothingMoves: Counted = { onHand: 0n, contained: null, review: false, isLast: false };

export interface Ruled {
  readonly counted: Counted;
  /** Null for a caller who speaks for themselves. */
  readonly reported: Reported | null;
  readonly stated: ModelStated | null;
}

/** @param counted what counts have to say about the line, whoever sent it */
export function ruledBy(line: InventoryLine, before: ModelExtras, counted: Counted): Ruled {
  const { report, change } = line;
  if (report === undefined) return { counted, reported: null, stated: before.stated };
  const { sourceId, trust, freshForMs, version, saidAtMs } = report;
  const asOfMs = change.countedAtMs ?? 0;
  const last = before.stated ?? unstated;
  const heard = last.versions.get(sourceId) ?? null;

  const rules: Record<SourceRule, boolean> = {
    change_added: change.stockLevel === undefined,
    older_version: version !== null && heard !== null && !(version > heard),
    less_trusted:
      last.sourceId !== null && last.sourceId !== sourceId && last.trust > trust && asOfMs <= last.holdsUntilMs,
    older_level: counted.contained !== null,
    newest_level: true,
  };
  const order: SourceRule[] = ["change_added", "older_version", "less_trusted", "older_level", "newest_level"];
  const rule = order.find((one) => rules[one])!;

  const versions = new Map(last.versions);
  const isKept = versions.has(sourceId) || versions.size < versionedSourcesMax;
  if (rule !== "change_added" && version !== null && isKept)
    versions.set(sourceId, Math.max(version, heard ?? version));
  const holds = rule === "newest_level" ? { sourceId, trust, holdsUntilMs: asOfMs + freshForMs } : last;
  const isSaid = rule === "newest_level" || versions.size > 0 || before.stated !== null;
  const reported = {
    sourceId,
    rule,
    ...(change.stockLevel === undefined ? {} : { stockLevel: change.stockLevel }),
    ...(version === null ? {} : { version }),
    ...(saidAtMs === null ? {} : { saidAtMs }),
  };
  return {
    counted: rule === "older_version" || rule === "less_trusted" ? nothingMoves : counted,
    reported,
    stated: isSaid ? { ...holds, versions } : null,
  };
}
