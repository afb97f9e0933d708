/** Reconciliations, differences and rules as callers see them. */
import {
  type CheckKind,
  checkKinds,
  type Difference,
  type Reconciliation,
  type ReconciliationRule,
} from "@onhand/protocol/reconciliation";
import { formatMovementId } from "../../core/record/ids.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";
import type { DifferenceRow } from "../../reconciliation/difference-actions.ts";
import type { RuleRow } from "../../reconciliation/rules.ts";
import type { RunRow } from "../../reconciliation/runs.ts";

const timeOf = (ms: number | null): string | null => (ms === null ? null : formatRfc3339(ms));

/** A run as it is answered. */
export function reconciliationOf(row: RunRow): Reconciliation {
  const { checks, productId, locationId, sourceId } = row.scope;
  const progressed = checkKinds.filter((check): check is CheckKind => row.progress[check] !== undefined);
  return {
    reconciliationId: row.reconciliation_id,
    status: row.status,
    checks: progressed.map((check) => ({ check, ...row.progress[check]! })),
    scope: { checks: [...checks], productId, locationId, sourceId },
    unclosed: row.unclosed,
    requestedBy: row.requested_by,
    startedAt: formatRfc3339(row.started_at),
    updatedAt: formatRfc3339(row.updated_at),
    endedAt: timeOf(row.ended_at),
    problem: row.problem,
    ...(row.report == null ? {} : { statement: row.report }),
  };
}

/** A difference as it is answered. */
export function differenceOf(row: DifferenceRow): Difference {
  const { finding, partition } = row;
  const movementId = (sequence: number | null): string | null =>
    sequence === null || partition === null ? null : formatMovementId(partition, sequence);
  return {
    differenceId: row.difference_id,
    check: row.check_kind,
    state: row.state,
    owner: row.owner,
    productId: row.product_id,
    sku: row.sku,
    locationId: row.location_id,
    sourceId: row.source_id,
    channelId: row.channel_id,
    orderId: row.order_id,
    expected: finding.expected,
    found: finding.found,
    units: row.units,
    firstMovementId: movementId(finding.firstSequence),
    explanation: finding.explanation,
    driftKind: finding.driftKind,
    movements: finding.movements.map((movement) => ({
      movementId: movementId(movement.sequence)!,
      onHand: movement.onHandDelta,
      occurredAt: formatRfc3339(movement.occurredAtMs),
      recordedAt: formatRfc3339(movement.recordedAtMs),
      actor: movement.actor,
      source: movement.source,
    })),
    foundAt: formatRfc3339(row.found_at),
    seenAt: formatRfc3339(row.seen_at),
    closedAt: timeOf(row.closed_at),
    closedBy:
      row.closed_by === null
        ? null
        : {
            kind: row.closed_by.kind,
            detail: row.closed_by.detail,
            movementId: movementId(row.closed_by.sequence),
          },
    version: row.version,
    history: row.history.map(({ atMs, by, did, note }) => ({ at: formatRfc3339(atMs), by, did, note })),
  };
}

/** A rule as it is answered. */
export const ruleOf = ({ rule_id, document, version, updated_at, updated_by }: RuleRow): ReconciliationRule => ({
  ruleId: rule_id,
  ...document,
  correct: document.correct === null ? null : { ...document.correct, kinds: [...document.correct.kinds] },
  version,
  updatedAt: formatRfc3339(updated_at),
  updatedBy: updated_by,
});
