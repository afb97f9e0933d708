/**
 * The heart: decides commands strictly in order on what is known, and says which entries to append.
 *
 * Pure and synchronous: no clock, no I/O, no randomness. The same state, commands and time always give the same
 * outcomes, so it can be replayed and tested by the million.
 */

import type { Command } from "./command.ts";
import { decideInventory } from "./decide-inventory.ts";
import { decideLocation } from "./decide-location.ts";
import { decideProduct } from "./decide-product.ts";
import type { Outcome } from "./outcome.ts";
import { Draft, type State } from "./state.ts";

export interface Decision {
  /** One for each command, in order. */
  readonly outcomes: readonly Outcome[];
  /** The effects, laid over the state. */
  readonly draft: Draft;
}

/**
 * @param nowMs the database's time read under the locks; recorded times never fall below the heads'
 * @returns an outcome for each command; a refused command leaves no trace in the draft
 */
export function decide(state: State, commands: readonly Command[], nowMs: number): Decision {
  const draft = new Draft(state);
  const outcomes = commands.map((command) => decideOne(draft, command, nowMs));
  return { outcomes, draft };
}

function decideOne(draft: Draft, command: Command, nowMs: number): Outcome {
  switch (command.kind) {
    case "inventory":
      return decideInventory(draft, command, nowMs);
    case "product":
      return decideProduct(draft, command, nowMs);
    case "location":
      return decideLocation(draft, command, nowMs);
  }
}
