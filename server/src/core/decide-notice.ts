/** Records that an entry is out of the ordinary. */
import type { NoticeCommand } from "./command.ts";
import type { Outcome } from "./outcome.ts";
import type { Draft } from "./state.ts";

export function decideNotice(_draft: Draft, _command: NoticeCommand, _nowMs: number): Outcome {
  throw new Error("not yet");
}
