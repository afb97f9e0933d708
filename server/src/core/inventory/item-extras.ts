/** What few items have, and how it changes: states of unsellable units first of all. */
import type { UnsellableState } from "@onhand/protocol/vocabulary";
import { type ItemExtras, noExtras } from "./item.ts";

type StateField = "damaged" | "qualityControl" | "quarantine" | "expired";

const fieldOf: Readonly<Record<UnsellableState, StateField>> = {
  damaged: "damaged",
  quality_control: "qualityControl",
  quarantine: "quarantine",
  expired: "expired",
};

/** @returns units in a named state */
export const unitsIn = (extras: ItemExtras, state: UnsellableState): number => extras[fieldOf[state]];

/** @returns units in all named states: what `unavailable` is at least */
export const unitsInStates = (extras: ItemExtras): number =>
  extras.damaged + extras.qualityControl + extras.quarantine + extras.expired;

/** @returns the extras with more units in a state, or fewer. Nothing is checked */
export const withUnits = (extras: ItemExtras, state: UnsellableState, more: number): ItemExtras =>
  extrasWith(extras, { [fieldOf[state]]: unitsIn(extras, state) + more });

/** @returns the extras with some fields changed; `noExtras` itself when nothing of it is left */
export function extrasWith(extras: ItemExtras, changes: Partial<ItemExtras>): ItemExtras {
  const { countErrorMs, certainMs, ...after } = { ...extras, ...changes };
  if (countErrorMs !== undefined && countErrorMs > 0) {
    const isSurer = certainMs !== undefined && certainMs > after.countedAtMs! - countErrorMs;
    return { ...after, countErrorMs, ...(isSurer ? { certainMs } : {}) };
  }
  if (after.stated !== undefined) return after;
  const isNothing = Object.entries(noExtras).every(
    ([field, nothing]) => after[field as keyof typeof after] === nothing,
  );
  return isNothing ? noExtras : after;
}
