/** Decides transfers and supplies. */
import type { TransferActionCommand, TransferCommand } from "./command.ts";
import type { Outcome } from "./outcome.ts";
import type { Draft } from "./state.ts";

export function decideTransfer(_draft: Draft, _command: TransferCommand, _nowMs: number): Outcome {
  throw new Error("not yet");
}

export function decideTransferAction(_draft: Draft, _command: TransferActionCommand, _nowMs: number): Outcome {
  throw new Error("not yet");
}
