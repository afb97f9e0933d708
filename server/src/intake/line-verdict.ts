/** What became of a line, from what became of its command. Pure. */
import type { SourceRule } from "@onhand/protocol/vocabulary";
import type { Outcome } from "../core/outcome.ts";
import { formatMovementId } from "../core/record/ids.ts";
import type { Rejection } from "../core/rejection.ts";
import type { IntakeProblem, IntakeResult, ParkedReason } from "./intake-line.ts";

/** A line that could not be applied: what it waits for, and why. */
export interface Waiting {
  readonly reason: ParkedReason;
  /** Code, SKU or id that was not found; null when that is not it. */
  readonly code: string | null;
  readonly problem: IntakeProblem;
  /** The refusal is remembered under the key of the try. */
  readonly isRemembered: boolean;
}

/** What a line's command came to: done with, or waiting for somebody. */
export type Settlement = { readonly done: IntakeResult } | { readonly waiting: Waiting };

/** Rules by which a level is recorded and moves nothing. */
const ignoringRules: ReadonlySet<SourceRule> = new Set(["older_level", "older_version", "less_trusted"]);

/** @param isReplay it was here before: the outcome is the first one */
export function settlementOf(operationId: string, outcome: Outcome, isReplay: boolean): Settlement {
  if (outcome.kind === "rejected") return { waiting: waitingAfter(outcome.rejection) };
  if (outcome.kind !== "lines") throw new Error("a line from outside came to something else than lines");
  const applied = outcome.lines[0]!;
  const { rule, item, sequence } = applied;
  const verdict = isReplay ? "duplicate" : rule !== undefined && ignoringRules.has(rule) ? "ignored" : "applied";
  return {
    done: {
      operationId,
      verdict,
      ...(rule === undefined ? {} : { rule }),
      movementId: formatMovementId(item.partition, sequence),
      applied,
    },
  };
}

/** What was not found may be there tomorrow; whatever else was refused is for somebody to look at. */
function waitingAfter({ code, detail, pointer, available, requested }: Rejection): Waiting {
  const problem = {
    code,
    detail,
    ...(pointer === undefined ? {} : { pointer }),
    ...(available === undefined ? {} : { available }),
    ...(requested === undefined ? {} : { requested }),
  };
  const missing = code !== "not_found" ? null : pointer === "/locationId" ? "unknown_location" : "unknown_product";
  return { reason: missing ?? "rejected", code: null, problem, isRemembered: true };
}

const missingWords = {
  unmapped_product: ["product code", "Map the code, and the line is applied by itself"],
  unmapped_location: ["location code", "Map the code, and the line is applied by itself"],
  unknown_product: ["SKU", "Create the product, and the line is applied by itself"],
} as const;

/** @param name code or SKU that means nothing to us */
export function waitingFor(reason: keyof typeof missingWords, name: string): Waiting {
  const [what, advice] = missingWords[reason];
  const detail = `Nothing is known by the ${what} ${name}. ${advice}; or discard it.`;
  return { reason, code: name, problem: { code: reason, detail }, isRemembered: false };
}

/** @returns the verdict of a line that is parked */
export const verdictOfWaiting = ({ reason }: Pick<Waiting, "reason">): "rejected" | "review" =>
  reason === "rejected" ? "rejected" : "review";
