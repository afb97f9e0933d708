/** Tells something of an item that somebody found out: that it is unusual, that records of it differ. */
import type { NoticeCommand } from "../command.ts";
import type { Outcome } from "../outcome.ts";
import { partitionOf } from "../record/partition.ts";
import type { Draft } from "../state.ts";
import { giveNotice } from "./notice.ts";

/**
 * Nothing is told of an item that is gone by now. One that was deleted and came back keeps its number, and remembers
 * nothing of when: so it may be told of an entry of its earlier life, as `about` says. To know better would take a walk back
 * through its entries under the lock, for a notice that somebody looks at anyway.
 */
export function decideNotice(draft: Draft, command: NoticeCommand, nowMs: number): Outcome {
  const { productId, locationId, about, reason, figures, entryKind } = command;
  const item = draft.item(partitionOf(productId, draft.partitionCount), productId, locationId);
  if (item === null || item.life === "deleted") return { kind: "done", entries: 0 };
  giveNotice(draft, command, item, entryKind, { ...figures, reason, about }, nowMs);
  return { kind: "done", entries: 1 };
}
