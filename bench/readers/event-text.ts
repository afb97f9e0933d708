/** What the readers need to know of an event, read off its text without parsing it. */

import { parseMovementId } from "../../server/src/core/record/ids.ts";

const ID = '"id":"';
const REFERENCE = '"reference":"order-';
const RECORDED = '"recordedAt":"';
const REFERENCE_DIGITS = 16;

/** An event of the feed. */
export interface EventFacts {
  readonly partition: number;
  readonly sequence: number;
  /** The number in the reference that the load generator gave; null for changes of anybody else. */
  readonly reference: number | null;
  readonly recordedAtMs: number;
}

/** Reads the facts. @throws when the text is no event */
export function factsOf(text: string): EventFacts {
  const position = parseMovementId(field(text, ID) ?? "");
  if (position === null) throw new Error(`this is no event: ${text.slice(0, 200)}`);
  const reference = field(text, REFERENCE);
  return {
    ...position,
    reference: reference?.length === REFERENCE_DIGITS ? Number(reference) : null,
    recordedAtMs: Date.parse(field(text, RECORDED) ?? ""),
  };
}

function field(text: string, opening: string): string | null {
  const start = text.indexOf(opening);
  if (start < 0) return null;
  const valueStart = start + opening.length;
  return text.slice(valueStart, text.indexOf('"', valueStart));
}
