/** Holds the outcome of a command against the verdict of the reference model. */
import { expect } from "bun:test";
import type { Command } from "../../src/core/command.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import { wordless } from "./compare-entries.ts";
import type { Fault, Verdict } from "./verdict.ts";

export function compareOutcome(outcome: Outcome, verdict: Verdict, command: Command): void {
  if (outcome.kind === "rejected" || verdict.kind === "rejected") {
    const faults = verdict.kind === "rejected" ? verdict.faults : [];
    const matches = outcome.kind === "rejected" && faults.some((fault) => isAnswerTo(fault, outcome.rejection));
    if (!matches) expect({ outcome, command }).toEqual({ outcome: { acceptable: verdict }, command } as never);
    return;
  }
  expect<object>(wordless(outcome)).toEqual(wordless(expectedOf(verdict)));
}

function expectedOf(verdict: Exclude<Verdict, { kind: "rejected" }>): object {
  switch (verdict.kind) {
    case "lines":
    case "done":
      return verdict;
    case "order":
      return verdict.outcome;
    case "product":
    case "location":
    case "channel": {
      const { id, ...record } = verdict.record;
      return { kind: verdict.kind, [verdict.kind]: { [`${verdict.kind}Id`]: id, ...record } };
    }
  }
}

function isAnswerTo(fault: Fault, rejection: object): boolean {
  const given: Record<string, unknown> = { ...rejection };
  return Object.entries({ isStale: false, ...fault }).every(([name, value]) => (given[name] ?? false) === value);
}
