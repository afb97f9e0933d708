/** Makes what channels are told of some products right. */
import type { ChannelRefreshCommand } from "./command.ts";
import type { Outcome } from "./outcome.ts";
import type { Draft } from "./state.ts";

export function decideChannelRefresh(_draft: Draft, _command: ChannelRefreshCommand, _nowMs: number): Outcome {
  throw new Error("not yet");
}
