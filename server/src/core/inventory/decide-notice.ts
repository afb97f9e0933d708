/** Records that an entry is out of the ordinary. */
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { NoticeCommand } from "../command.ts";
import type { Outcome } from "../outcome.ts";
import { partitionOf } from "../record/partition.ts";
import type { Draft } from "../state.ts";
import { giveNotice } from "./notice.ts";

/** Nothing is told of an item that is gone by now. */
export function decideNotice(draft: Draft, command: NoticeCommand, nowMs: number): Outcome {
  const { productId, locationId, about, reason, figures } = command;
  const item = draft.item(partitionOf(productId, draft.partitionCount), productId, locationId);
  if (item === null || item.life === "deleted") return { kind: "done", entries: 0 };
  giveNotice(draft, command, item, entryKinds.inventoryUnusual, { ...figures, reason, about }, nowMs);
  return { kind: "done", entries: 1 };
}
