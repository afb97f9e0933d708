/** Holds that are over and still hold units: the sweeper lets them go within a second, unless something keeps it. */
import { partitionOf } from "../core/record/partition.ts";
import type { Queryable } from "../db/pool.ts";
import type { Check } from "./check.ts";
import { type Finding, noBasis, subjectOf } from "./difference.ts";
import { reconciliationLimits } from "./limits.ts";
import { type OverdueRow, overdueHold, overdueHolds } from "./sql/holds.ts";

const kinds = ["overdue_hold"] as const;

/** @returns the check of holds that are over */
export function holdCheck(database: Queryable, partitionCount: number): Check {
  const { overdueMs, rowsPerPage } = reconciliationLimits;
  return {
    kinds,
    async *pages({ productId, locationId }) {
      const { rows } = await database.query<OverdueRow>(overdueHolds(overdueMs, rowsPerPage));
      const ofScope = rows
        .filter((row) => productId === null || row.product_id === productId)
        .filter((row) => locationId === null || row.location_id === locationId);
      const suspects = ofScope.map((row) => ({
        subject: subjectOf("overdue_hold", {
          partition: partitionOf(row.product_id, partitionCount),
          productId: row.product_id,
          locationId: row.location_id,
          orderId: row.order_id,
        }),
        sequence: null,
      }));
      yield { kinds, checked: rows.length, suspects };
    },
    async examine(subject) {
      const { partition, productId, locationId, orderId } = subject;
      const { rows } = await database.query<{ held: number; expires_at: number; overdue_ms: number }>(
        overdueHold(partition!, orderId!, productId!, locationId!, overdueMs),
      );
      const [hold] = rows;
      if (hold === undefined) return { finding: null, basis: noBasis };
      const finding: Finding = {
        subject,
        expected: { held: 0 },
        found: { held: hold.held, expiresAt: new Date(hold.expires_at).toISOString() },
        units: hold.held,
        firstSequence: null,
        explanation: `The hold was over ${Math.round(hold.overdue_ms / 1000)} s ago and holds ${hold.held} units. Any sale of the item lets it go; look at onhand_sweep_failures_total for what keeps the sweeper.`,
      };
      return { finding, basis: noBasis };
    },
  };
}
