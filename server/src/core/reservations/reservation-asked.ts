/** What a command asks of the lines of a reservation: all, some, or some units of some. */
import type { OrderLines } from "../command.ts";
import type { StockOrderLine } from "../orders/order.ts";
import { foremost } from "../orders/order-checks.ts";
import type { Rejection } from "../rejection.ts";

export interface Asked {
  readonly line: StockOrderLine;
  /** Units, at least 1. */
  readonly quantity: number;
}

export interface Question {
  /** Units of a line that can be asked for. */
  readonly unitsOf: (line: StockOrderLine) => number;
  /** What units that can be asked for are called, e.g. "held". */
  readonly units: string;
  /** A named line of which nothing can be asked for: true when that is as good as done. */
  readonly isDone?: (line: StockOrderLine) => boolean;
}

/**
 * @param named null: every line of which something can be asked for
 * @returns what is asked for, in the order of the lines; or the foremost reason to refuse
 */
export function askedOf(
  lines: readonly StockOrderLine[],
  named: OrderLines,
  question: Question,
): readonly Asked[] | Rejection {
  const { unitsOf } = question;
  if (named === null) {
    return lines.filter((line) => unitsOf(line) > 0).map((line) => ({ line, quantity: unitsOf(line) }));
  }
  const byLine = new Map<number, Asked>();
  const seen = new Set<number>();
  let refusal: Rejection | null = null;
  for (const [index, { line: number, quantity }] of named.entries()) {
    const line = lines.find((candidate) => candidate.line === number);
    const found = checkAsked(line, number, quantity, index, question, seen.has(number));
    seen.add(number);
    if (found !== null) refusal = foremost(refusal, found);
    else if (unitsOf(line!) > 0) byLine.set(number, { line: line!, quantity: quantity ?? unitsOf(line!) });
  }
  return refusal ?? [...byLine.values()].sort((a, b) => a.line.line - b.line.line);
}

function checkAsked(
  line: StockOrderLine | undefined,
  number: number,
  quantity: number | null,
  index: number,
  { unitsOf, units, isDone }: Question,
  isRepeated: boolean,
): Rejection | null {
  const pointer = `/lines/${index}/line`;
  if (line === undefined) {
    const detail = `The reservation has no line ${number}. Read it, and name lines that it has.`;
    return { code: "not_found", line: index, pointer, detail };
  }
  if (isRepeated) {
    const detail = `Line ${number} is named twice. Name it once, with all units that are meant.`;
    return { code: "validation_failed", line: index, pointer, detail };
  }
  const there = unitsOf(line);
  if (there === 0) {
    if (isDone?.(line) === true) return null;
    const detail = `Of line ${number} nothing is ${units} any more: ${line.done} committed, ${line.dropped} gone back. Nothing was changed.`;
    return { code: "already_ended", line: index, detail };
  }
  if (quantity === null || quantity <= there) return null;
  const detail = `Of line ${number} ${there} are ${units}, ${quantity} were named. Nothing was changed; name at most as many.`;
  return { code: "validation_failed", line: index, pointer: `/lines/${index}/quantity`, detail };
}
