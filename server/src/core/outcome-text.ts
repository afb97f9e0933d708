/** Outcomes as they are remembered: JSON in which an item without extras, which most are, says nothing of them. */
import { type Item, type ItemExtras, noExtras } from "./inventory/item.ts";
import type { Outcome } from "./outcome.ts";

type Kept = Omit<Item, "extras"> & { readonly extras?: ItemExtras | undefined };

/** @returns the text to remember */
export function formatOutcome(outcome: Outcome): string {
  if (outcome.kind === "lines") {
    return JSON.stringify({ ...outcome, lines: outcome.lines.map((line) => ({ ...line, item: kept(line.item) })) });
  }
  return JSON.stringify(outcome.kind === "order" ? { ...outcome, items: outcome.items.map(kept) } : outcome);
}

/** @returns the outcome that was remembered, also one from before items had extras */
export function parseOutcome(text: string): Outcome {
  const outcome = JSON.parse(text) as Outcome;
  if (outcome.kind === "lines") {
    return { ...outcome, lines: outcome.lines.map((line) => ({ ...line, item: whole(line.item) })) };
  }
  return outcome.kind === "order" ? { ...outcome, items: outcome.items.map(whole) } : outcome;
}

const kept = (item: Item): Kept => (item.extras === noExtras ? { ...item, extras: undefined } : item);
const whole = (item: Kept): Item => ({ ...item, extras: item.extras ?? noExtras });
