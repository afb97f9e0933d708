/** Decides new reservations. */
import type { ReserveCommand } from "./command.ts";
import type { Outcome } from "./outcome.ts";
import type { Draft } from "./state.ts";

export function decideReserve(_draft: Draft, _command: ReserveCommand, _nowMs: number): Outcome {
  throw new Error("not yet");
}
