/** Totals of products against the sums of their items. */
import type { Queryable } from "../db/pool.ts";
import type { Check } from "./check.ts";
import { type Finding, noBasis, subjectOf } from "./difference.ts";
import { partitionsOf } from "./item-check.ts";
import { reconciliationLimits } from "./limits.ts";
import { compareTotal, pageOfTotals, type TotalCompared, type TotalPageRow } from "./sql/items.ts";

const kinds = ["total"] as const;
const states = [
  ["on_hand", "onHand"],
  ["reserved", "reserved"],
  ["unavailable", "unavailable"],
  ["incoming", "incoming"],
] as const;

/** @returns the check of totals */
export function totalCheck(database: Queryable, partitionCount: number): Check {
  return {
    kinds,
    async *pages(scope) {
      for (const partition of partitionsOf(scope, partitionCount)) {
        for (let afterId: string | null = ""; afterId !== null; ) {
          const statement = pageOfTotals(partition, afterId, scope.productId, reconciliationLimits.productsPerPage);
          const { rows }: { rows: TotalPageRow[] } = await database.query<TotalPageRow>(statement);
          const { count, last_product_id, suspects } = rows[0]!;
          const found = (suspects ?? []).map((productId) => ({
            subject: subjectOf("total", { partition, productId }),
            sequence: null,
          }));
          yield { kinds, checked: count, suspects: found };
          afterId = count < reconciliationLimits.productsPerPage ? null : last_product_id;
        }
      }
    },
    async examine(subject) {
      const { rows } = await database.query<TotalCompared>(compareTotal(subject.partition!, subject.productId!));
      const row = rows[0]!;
      const differing = states.filter(([state]) => (row[`total_${state}`] ?? 0) !== row[`sum_${state}`]);
      if (differing.length === 0) return { finding: null, basis: noBasis };
      const figures = (side: "total" | "sum") =>
        Object.fromEntries(differing.map(([state, name]) => [name, row[`${side}_${state}`] ?? null]));
      const finding: Finding = {
        subject,
        expected: figures("sum"),
        found: figures("total"),
        units: (row.total_on_hand ?? 0) - row.sum_on_hand!,
        firstSequence: null,
        explanation:
          "The total of the product is not the sum of its items. Look for a level that differs too; if there is none, the total alone is wrong: run onhand verify.",
      };
      return { finding, basis: noBasis };
    },
  };
}
