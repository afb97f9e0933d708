/** An entry that tells of an item and changes nothing of it but what was told. */
import { type EntryKind, movementTypes } from "@onhand/protocol/vocabulary";
import { noLevels } from "../record/entry.ts";
import type { Notice } from "../record/entry-detail.ts";
import type { Draft } from "../state.ts";
import type { Item } from "./item.ts";
import { type Cause, detailOf, systemActor } from "./movement.ts";

/**
 * Appends a notice behind what the draft holds. The item's version and time stay, its entries go on in one chain.
 * @param told the item with what is told of it in its extras; in use or archived
 */
export function giveNotice(
  draft: Draft,
  cause: Pick<Cause, "requestId" | "traceparent">,
  told: Item,
  kind: EntryKind,
  notice: Notice,
  nowMs: number,
): Item {
  const { partition, productId, locationId } = told;
  const sequence = draft.nextSequence(partition);
  const recordedAtMs = Math.max(nowMs, draft.head(partition).recordedAtMs);
  const after: Item = { ...told, lastSequence: sequence };
  const entry = {
    partition,
    sequence,
    kind,
    productId,
    locationId,
    itemNumber: after.itemNumber,
    previousSequence: told.lastSequence,
    version: after.version,
    delta: noLevels,
    after,
    safetyStock: after.safetyStock,
    reorderPoint: after.reorderPoint,
    movementType: movementTypes.indexOf("correction"),
    // It tells of what is, oversold or not.
    allowsNegative: true,
    occurredAtMs: recordedAtMs,
    recordedAtMs,
    actor: systemActor,
    source: null,
    requestId: cause.requestId,
    traceparent: cause.traceparent,
    parts: null,
    textCommitment: null,
    detail: detailOf(after, { notice, changedAtMs: after.updatedAtMs }),
  };
  draft.append(entry, { sku: draft.product(partition, productId)?.document.sku ?? "", text: null });
  draft.putItem(after);
  return after;
}
