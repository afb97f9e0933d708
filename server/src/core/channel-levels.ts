/** What channels may sell: kept up with the items of a group, and told when a number changes. */
import type { Draft } from "./state.ts";

export function tellChannels(_draft: Draft, _nowMs: number): void {}
