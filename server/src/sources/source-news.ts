/** Commands that tell in the journal of sources and of lines that wait. Each is told once: its key follows from what it says. */
import { hash } from "node:crypto";
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { RecordCommand, RecordKind } from "../core/command.ts";
import { controlPartition } from "../core/record/partition.ts";

const digestDigits = 32;
const digest = (...parts: readonly unknown[]): string => hash("sha256", parts.join("\n"), "hex").slice(0, digestDigits);

/** Who lets it be told, in which request. */
export interface Teller {
  readonly actor: string;
  readonly requestId: string;
  readonly traceparent: string | null;
}

/** @param occasion what distinguishes this news of the record from others of its kind */
function newsOf(
  teller: Teller,
  entryKind: RecordKind,
  recordId: string,
  record: Readonly<Record<string, unknown>>,
  occasion: readonly unknown[],
): RecordCommand {
  return {
    kind: "record",
    partition: controlPartition,
    entryKind,
    recordId,
    record,
    // No caller's key is digested with this in front: theirs begin with the id of an API key.
    key: digest("news of a source", entryKind, recordId, ...occasion),
    requestHash: digest(entryKind, recordId),
    source: null,
    ...teller,
  };
}

/** A source was registered, changed, archived or removed. @param made when it was registered, in ms: ids may be used again */
export const sourceChanged = (
  teller: Teller,
  sourceId: string,
  made: number,
  version: number,
  change: string,
  document: object,
): RecordCommand =>
  newsOf(teller, entryKinds.sourceChanged, sourceId, { change, version, ...document }, [made, version, change]);

/** A source became stale, or is fresh again, as a whole or at a location. */
export const sourceFreshness = (
  teller: Teller,
  isStale: boolean,
  sourceId: string,
  locationId: string | null,
  lastHeardAt: string,
  freshForSeconds: number,
): RecordCommand =>
  newsOf(
    teller,
    isStale ? entryKinds.sourceStale : entryKinds.sourceFresh,
    sourceId,
    { locationId, lastHeardAt, freshForSeconds },
    [locationId ?? "", lastHeardAt, freshForSeconds],
  );

/** Lines of a source or device wait that were not told of before. */
export const linesParked = (
  teller: Teller,
  origin: { readonly kind: string; readonly id: string },
  lines: readonly { readonly parkedId: string; readonly reason: string; readonly code: string | null }[],
  codesMax: number,
): RecordCommand => {
  const reasons: Record<string, number> = {};
  for (const { reason } of lines) reasons[reason] = (reasons[reason] ?? 0) + 1;
  const codes = [...new Set(lines.flatMap(({ code }) => code ?? []))].slice(0, codesMax);
  const record = {
    originKind: origin.kind,
    originId: origin.id,
    lines: lines.length,
    reasons,
    codes,
    firstParkedId: lines[0]!.parkedId,
  };
  return newsOf(teller, entryKinds.sourceParked, origin.id, record, [
    origin.kind,
    lines.length,
    lines[0]!.parkedId,
    lines.at(-1)!.parkedId,
  ]);
};
