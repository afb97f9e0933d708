/** What an administrator allows: pure. A difference that is near enough is none; what may be corrected is corrected by a command. */
import type { DriftKind, Finding, Subject } from "./difference.ts";

export interface Rule {
  readonly ruleId: string;
  readonly name: string;
  /** Null: of every source, everywhere, of every product. */
  readonly sourceId: string | null;
  readonly locationId: string | null;
  readonly productId: string | null;
  readonly tolerance: { readonly units: number; readonly percent: number };
  readonly correct: {
    readonly kinds: readonly DriftKind[];
    readonly unitsMax: number;
    readonly afterSeconds: number;
  } | null;
}

const isOf = (rule: Rule, subject: Subject): boolean =>
  subject.check === "statement" &&
  (["sourceId", "locationId", "productId"] as const).every(
    (field) => rule[field] === null || rule[field] === subject[field],
  );

/** @returns the first rule by which it is near enough, or null */
export function toleratedBy(rules: readonly Rule[], { subject, units, expected }: Finding): Rule | null {
  if (units === null || units === 0) return null;
  const ours = typeof expected.onHand === "number" ? Math.abs(expected.onHand) : 0;
  const isNear = ({ tolerance }: Rule): boolean =>
    Math.abs(units) <= tolerance.units || Math.abs(units) * 100 <= tolerance.percent * ours;
  return rules.find((rule) => isOf(rule, subject) && isNear(rule)) ?? null;
}

/** @param standsForMs how long it is known @returns the first rule by which it may be corrected, or null */
export function correctedBy(rules: readonly Rule[], finding: Finding, standsForMs: number): Rule | null {
  const { subject, units, drift } = finding;
  if (units === null || drift === undefined) return null;
  return (
    rules.find(
      (rule) =>
        isOf(rule, subject) &&
        rule.correct?.kinds.includes(drift.kind) &&
        Math.abs(units) <= rule.correct.unitsMax &&
        standsForMs >= rule.correct.afterSeconds * 1000,
    ) ?? null
  );
}
