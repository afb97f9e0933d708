/**
 * Folds the entries of a partition's items, and checks that each continues the one before it.
 *
 * Behind a trusted position the first entry met of an item may continue one in front of it. That one is read as it is
 * stored (`adopt`), so the step from it is checked, but not how it came about.
 */
import { isNotice } from "@onhand/protocol/vocabulary";
import { evolve } from "../../core/evolve.ts";
import type { Item, Levels } from "../../core/inventory/item.ts";
import type { Entry } from "../../core/record/entry.ts";
import { levelsText, namesOf, subjectOf } from "./entry-rules.ts";
import type { FaultList } from "./report.ts";
import { reportFault } from "./report-check.ts";

const stateNames = ["onHand", "reserved", "unavailable", "incoming"] as const satisfies (keyof Levels)[];
const nothing: Levels = { onHand: 0, reserved: 0, unavailable: 0, incoming: 0 };

export class ItemFold {
  /** Items by number, as they are after the entries so far. */
  readonly items = new Map<number, Item>();
  readonly #faults: FaultList;
  readonly #fromSequence: number;

  /** @param fromSequence the trusted position, 0 when all entries are folded */
  constructor(faults: FaultList, fromSequence: number) {
    this.#faults = faults;
    this.#fromSequence = fromSequence;
  }

  /** Positions in front of the trusted one that the entries continue and that were not read yet. */
  missing(entries: readonly Entry[]): number[] {
    if (this.#fromSequence === 0) return [];
    const positions = new Set<number>();
    for (const { kind, itemNumber, previousSequence } of entries) {
      if (subjectOf(kind) !== "item" || previousSequence === null || previousSequence > this.#fromSequence) continue;
      if (itemNumber !== null && !this.items.has(itemNumber)) positions.add(previousSequence);
    }
    return [...positions];
  }

  /** Takes entries in front of the trusted position as what their items were there. */
  adopt(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (subjectOf(entry.kind) === "item" && entry.itemNumber !== null)
        this.items.set(entry.itemNumber, itemOf(entry));
    }
  }

  visit(entry: Entry): void {
    const before = this.items.get(entry.itemNumber!) ?? null;
    this.#checkLink(entry, before);
    const version = (before?.version ?? 0) + (isNotice(entry.kind) ? 0 : 1);
    if (entry.version !== version) this.#fault("version", entry, String(version), String(entry.version));
    const had = before ?? nothing;
    if (stateNames.some((name) => entry.after[name] - had[name] !== entry.delta[name])) {
      const sum = Object.fromEntries(stateNames.map((name) => [name, had[name] + entry.delta[name]]));
      this.#fault("delta", entry, levelsText(sum as unknown as Levels), levelsText(entry.after));
    }
    const item = itemOf(entry);
    if (isNotice(entry.kind) && before !== null && item.updatedAtMs !== before.updatedAtMs)
      this.#fault("value", entry, `an item that last changed at ${before.updatedAtMs}`, `${item.updatedAtMs}`);
    const wrong = reportFault(entry, before, item);
    if (wrong !== null) this.#fault("value", entry, wrong.expected, wrong.found);
    const { damaged, qualityControl, quarantine, expired } = item.extras;
    const named = damaged + qualityControl + quarantine + expired;
    const areUnits = [damaged, qualityControl, quarantine, expired].every((units) => units >= 0);
    if (!areUnits || !(named <= item.unavailable))
      this.#fault("value", entry, `at most ${item.unavailable} units in named states`, `${named}`);
    this.items.set(entry.itemNumber!, item);
  }

  #checkLink(entry: Entry, before: Item | null): void {
    const { itemNumber, previousSequence, sequence } = entry;
    if (before === null) {
      if (previousSequence === null && itemNumber === sequence) return;
      this.#fault("link", entry, `the first entry of item ${sequence}`, `item ${itemNumber} after ${previousSequence}`);
    } else if (before.productId !== entry.productId || before.locationId !== entry.locationId) {
      const expected = `item ${itemNumber} of ${before.productId} at ${before.locationId}`;
      this.#fault("link", entry, expected, `of ${entry.productId} at ${entry.locationId}`);
    } else if (before.lastSequence !== previousSequence) {
      this.#fault("link", entry, `previous ${before.lastSequence}`, `previous ${previousSequence}`);
    }
  }

  #fault(kind: "link" | "version" | "delta" | "value", entry: Entry, expected: string, found: string): void {
    this.#faults.add(kind, { ...namesOf(entry), expected, found });
  }
}

/** The item as it is after an entry of an item. */
export function itemOf(entry: Entry): Item {
  const effect = evolve(entry);
  if (effect.kind !== "item") throw new Error(`entry ${entry.sequence} is not an item's`);
  return effect.item;
}
