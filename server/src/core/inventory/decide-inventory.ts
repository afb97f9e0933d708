/** Decides changes of stock. All lines of a command are applied, or none. */
import { rejectionCodes } from "@onhand/protocol/vocabulary";
import type { InventoryCommand, InventoryLine } from "../command.ts";
import type { AppliedLine, Outcome } from "../outcome.ts";
import { formatParts } from "../record/parts.ts";
import type { Rejection } from "../rejection.ts";
import type { Draft } from "../state.ts";
import {
  checkLine,
  checkMixed,
  checkRange,
  checkRetirement,
  checkState,
  dipsBelowZero,
  insufficient,
  keyOf,
  type Subject,
} from "./inventory-checks.ts";
import { type Step, stepOf, toEntry } from "./inventory-step.ts";

/** Decides one inventory command; a refusal leaves the draft as it was. */
export function decideInventory(draft: Draft, command: InventoryCommand, nowMs: number): Outcome {
  const steps = command.lines.length === 1 ? planOne(draft, command.lines[0]!, nowMs) : planMany(draft, command, nowMs);
  return isRejection(steps)
    ? { kind: "rejected", rejection: steps }
    : { kind: "lines", lines: apply(draft, command, steps, nowMs) };
}

const isRejection = (value: Step[] | Rejection): value is Rejection => !Array.isArray(value);

function planOne(draft: Draft, line: InventoryLine, nowMs: number): Step[] | Rejection {
  const subject = checkLine(draft, line, 0, nowMs);
  if ("code" in subject) return subject;
  const sequence = draft.nextSequence(subject.partition);
  const step = stepOf(draft, line, 0, subject, subject.stored, nowMs, sequence);
  return (
    checkRange(step) ??
    checkRetirement(step) ??
    checkState(step, subject.stored) ??
    (dipsBelowZero(step) ? insufficient(draft, step, step.before, step.after) : [step])
  );
}

/**
 * Plans the lines of an atomic command. First every line is checked for itself, in the caller's order, against the state before
 * the request. Then the changes of one item are added up: its raising lines are recorded before its lowering ones, so
 * that no entry on the way lies lower than where they end.
 */
function planMany(draft: Draft, command: InventoryCommand, nowMs: number): Step[] | Rejection {
  let refusal: Rejection | null = null;
  const subjects: Subject[] = [];
  for (const [index, line] of command.lines.entries()) {
    const subject = checkLine(draft, line, index, nowMs);
    if ("code" in subject) refusal = foremost(refusal, subject);
    else subjects[index] = subject;
  }
  refusal = foremost(refusal, checkMixed(command.lines));
  if (refusal !== null) return refusal;
  const order = [...command.lines.keys()].sort(
    (a, b) => loweringRank(command.lines[a]!) - loweringRank(command.lines[b]!) || a - b,
  );
  const ends = new Map<string, Step>();
  const steps: Step[] = [];
  const nextSequences = new Map<number, number>();
  for (const index of order) {
    const line = command.lines[index]!;
    const subject = subjects[index]!;
    const { partition, stored } = subject;
    const sequence = nextSequences.get(partition) ?? draft.nextSequence(partition);
    const step = stepOf(draft, line, index, subject, ends.get(keyOf(line))?.after ?? stored, nowMs, sequence);
    const outOfRange = checkRange(step);
    if (outOfRange !== null) return outOfRange;
    nextSequences.set(partition, sequence + 1);
    ends.set(keyOf(line), step);
    steps.push(step);
  }
  let inUse: Rejection | null = null;
  for (const step of steps) {
    const found = checkRetirement(step);
    if (found !== null && (inUse === null || found.line < inUse.line)) inUse = found;
  }
  if (inUse !== null) return inUse;
  for (const step of steps) {
    const { stored } = subjects[step.index]!;
    const short = checkState(step, stored);
    if (short !== null) return short;
    if (dipsBelowZero(step)) return insufficient(draft, step, stored, ends.get(keyOf(step.line))!.after);
  }
  return steps;
}

const loweringRank = (line: InventoryLine): number => ((line.change.adjustment ?? 0) < 0 ? 1 : 0);

/** The refusal whose code comes first in the order of precedence; of two with the same code, the earlier one. */
function foremost(a: Rejection | null, b: Rejection | null): Rejection | null {
  if (a === null || b === null) return a ?? b;
  return rejectionCodes.indexOf(b.code) < rejectionCodes.indexOf(a.code) ? b : a;
}

function apply(draft: Draft, command: InventoryCommand, steps: readonly Step[], nowMs: number): AppliedLine[] {
  const parts =
    steps.length === 1
      ? null
      : formatParts(steps.map((step) => ({ partition: step.partition, sequence: step.after.lastSequence })));
  const applied: AppliedLine[] = new Array(steps.length);
  for (const step of steps) {
    draft.append(toEntry(draft, command, step, parts, nowMs), { sku: step.sku, text: step.line.text });
    draft.putItem(step.after);
    applied[step.index] = appliedLine(step);
  }
  return applied;
}

function appliedLine({ after, sku, contained, review, reported }: Step): AppliedLine {
  const line = { item: after, sku, sequence: after.lastSequence };
  if (contained === null && review === null && reported === null) return line;
  return {
    ...line,
    ...(contained === null ? {} : { contained }),
    ...(review === null ? {} : { review }),
    ...(reported === null ? {} : { rule: reported.rule }),
  };
}
