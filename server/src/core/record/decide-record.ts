/** Tells of a record that is kept beside the journal, in an entry that changes nothing. */
import { movementTypes } from "@onhand/protocol/vocabulary";
import type { RecordCommand } from "../command.ts";
import type { Outcome } from "../outcome.ts";
import type { Draft } from "../state.ts";
import { noLevels } from "./entry.ts";
import { formatDetail } from "./entry-detail.ts";

/** Nothing is compared: whoever keeps the record sends each change under a key of its own. */
export function decideRecord(draft: Draft, command: RecordCommand, nowMs: number): Outcome {
  const { partition, entryKind, recordId, record, actor, source, requestId, traceparent } = command;
  const recordedAtMs = Math.max(nowMs, draft.head(partition).recordedAtMs);
  const entry = {
    partition,
    sequence: draft.nextSequence(partition),
    kind: entryKind,
    productId: null,
    locationId: null,
    itemNumber: null,
    previousSequence: null,
    version: 1,
    delta: noLevels,
    after: noLevels,
    safetyStock: 0,
    reorderPoint: null,
    movementType: movementTypes.indexOf("correction"),
    allowsNegative: false,
    occurredAtMs: recordedAtMs,
    recordedAtMs,
    actor,
    source,
    requestId,
    traceparent,
    parts: null,
    textCommitment: null,
    detail: formatDetail({ record: { id: recordId, told: record } }),
  };
  draft.append(entry, { sku: "", text: null });
  return { kind: "done", entries: 1 };
}
