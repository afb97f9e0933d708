/** Decides changes of channels, which live in the control partition. */
import type { ChannelCommand } from "./command.ts";
import type { Outcome } from "./outcome.ts";
import type { Draft } from "./state.ts";

export function decideChannel(_draft: Draft, _command: ChannelCommand, _nowMs: number): Outcome {
  throw new Error("not yet");
}
