/** How sources, what belongs to them, and parked lines look in answers. */
import type { ParkedLine } from "@onhand/protocol/parked";
import type { Source } from "@onhand/protocol/sources";
import { sourceCodeKinds } from "@onhand/protocol/sources";
import type { ParkedRow } from "../../intake/parked-lines.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";
import type { CodeRow, StatementRow } from "../../sources/source-books.ts";
import type { ShownSourceRow } from "../../sources/sources.ts";

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : formatRfc3339(ms));

/** A source with when it was heard of. */
export const sourceOf = (row: ShownSourceRow): Source => ({
  sourceId: row.source_id,
  ...row.document,
  locationIds: [...row.document.locationIds],
  status: row.life === 0 ? "active" : "archived",
  mappingVersion: row.mapping_version,
  contacts: (row.contacts ?? []).map((contact) => ({
    locationId: contact.locationId === "" ? null : contact.locationId,
    lastHeardAt: formatRfc3339(contact.lastHeardAtMs),
    lastEventAt: timeOrNull(contact.lastEventAtMs),
    stale: contact.isStale,
  })),
  secrets: (row.secrets ?? []).map((each) => ({
    secretId: each.secretId,
    createdAt: formatRfc3339(each.createdAtMs),
  })),
  openParkedLines: row.open_parked,
  version: row.version,
  createdAt: formatRfc3339(row.created_at),
  updatedAt: formatRfc3339(row.updated_at),
});

/** What a source calls something. */
export const codeOf = (row: CodeRow) => ({
  kind: sourceCodeKinds[row.kind],
  code: row.code,
  targetId: row.target_id,
});

/** What a source stated of an item. */
export const statementOf = (row: StatementRow) => ({
  productId: row.product_id,
  locationId: row.location_id,
  stockLevel: row.stock_level,
  asOf: formatRfc3339(row.as_of),
  version: row.version,
  receivedAt: formatRfc3339(row.received_at),
  rule: row.rule,
});

/** A parked line, with times as callers know them. */
export function parkedLineOf(row: ParkedRow): ParkedLine {
  const { occurredAtMs, saidAtMs, operationId: _, ...line } = row.line;
  return {
    parkedId: row.parked_id,
    originKind: row.origin_kind,
    originId: row.origin_id,
    operationId: row.operation_id,
    reason: row.reason,
    code: row.code,
    line: { ...line, occurredAt: timeIn(occurredAtMs), saidAt: timeIn(saidAtMs) },
    state: row.state,
    owner: row.owner,
    tries: row.tries,
    problem: row.problem,
    result: row.result,
    history: row.history.map((step) => ({ ...step })),
    createdAt: formatRfc3339(row.created_at),
    updatedAt: formatRfc3339(row.updated_at),
  };
}

/** What was refused may be no time at all. */
const timeIn = (ms: number | null): string | null =>
  typeof ms === "number" && Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : null;
