/** Decides what happens with reservations. */
import type { ExpireCommand, ReservationCommand } from "./command.ts";
import type { Outcome } from "./outcome.ts";
import type { Draft } from "./state.ts";

export function decideReservation(_draft: Draft, _command: ReservationCommand, _nowMs: number): Outcome {
  throw new Error("not yet");
}

export function decideExpire(_draft: Draft, _command: ExpireCommand, _nowMs: number): Outcome {
  throw new Error("not yet");
}
