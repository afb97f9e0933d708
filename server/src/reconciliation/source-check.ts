/** Sources that fell silent, and lines of sources and devices that wait for somebody. */
import type { Queryable } from "../db/pool.ts";
import type { Check } from "./check.ts";
import { noBasis, type Subject, subjectOf } from "./difference.ts";
import { reconciliationLimits } from "./limits.ts";
import * as sql from "./sql/statements.ts";

/** Devices have names of their own, which must not be taken for those of sources. */
const devicePrefix = "device:";

/** @returns the check of sources that fell silent */
export function staleCheck(database: Queryable): Check {
  const kinds = ["stale_source"] as const;
  return {
    kinds,
    async *pages(scope) {
      const { rows } = await database.query<{ source_id: string; location_id: string }>(
        sql.staleSources(reconciliationLimits.rowsPerPage),
      );
      const suspects = rows
        .filter((row) => scope.sourceId === null || row.source_id === scope.sourceId)
        .filter((row) => scope.locationId === null || row.location_id === scope.locationId)
        .map((row) => ({
          subject: subjectOf("stale_source", { sourceId: row.source_id, locationId: row.location_id || null }),
          sequence: null,
        }));
      yield { kinds, checked: rows.length, suspects };
    },
    async examine(subject) {
      const { rows } = await database.query<{ last_heard_at: number; fresh_for_seconds: number }>(
        sql.staleSource(subject.sourceId!, subject.locationId ?? ""),
      );
      const [row] = rows;
      if (row === undefined) return { finding: null, basis: noBasis };
      const where = subject.locationId === null ? "" : ` of ${subject.locationId}`;
      const heard = new Date(row.last_heard_at).toISOString();
      const finding = {
        subject,
        expected: { heardWithinSeconds: row.fresh_for_seconds },
        found: { lastHeardAt: heard },
        units: null,
        firstSequence: null,
        explanation: `Source ${subject.sourceId} has said nothing${where} since ${heard}, and should within ${row.fresh_for_seconds} s. What it counts for may have moved unseen.`,
      };
      return { finding, basis: noBasis };
    },
  };
}

const originOf = ({ sourceId }: Subject) =>
  sourceId!.startsWith(devicePrefix)
    ? { kind: "device", id: sourceId!.slice(devicePrefix.length) }
    : { kind: "source", id: sourceId! };

/** @returns the check of lines that wait */
export function parkedCheck(database: Queryable): Check {
  const kinds = ["parked_lines"] as const;
  return {
    kinds,
    async *pages(scope) {
      if (scope.productId !== null || scope.locationId !== null) return;
      const { rows } = await database.query<{ origin_kind: string; origin_id: string; count: number }>(
        sql.parkedOrigins(reconciliationLimits.rowsPerPage),
      );
      const suspects = rows
        .map((row) => (row.origin_kind === "source" ? row.origin_id : devicePrefix + row.origin_id))
        .filter((sourceId) => scope.sourceId === null || sourceId === scope.sourceId)
        .map((sourceId) => ({ subject: subjectOf("parked_lines", { sourceId }), sequence: null }));
      yield { kinds, checked: rows.reduce((sum, { count }) => sum + count, 0), suspects };
    },
    async examine(subject) {
      const { kind, id } = originOf(subject);
      const { rows } = await database.query<{ reason: string; count: number; oldest: number }>(sql.parkedOf(kind, id));
      if (rows.length === 0) return { finding: null, basis: noBasis };
      const count = rows.reduce((sum, row) => sum + row.count, 0);
      const oldest = new Date(Math.min(...rows.map((row) => row.oldest))).toISOString();
      const finding = {
        subject,
        expected: { parked: 0 },
        found: { parked: count, oldest, ...Object.fromEntries(rows.map((row) => [row.reason, row.count])) },
        units: null,
        firstSequence: null,
        explanation: `${count} lines of ${kind} ${id} wait, the oldest since ${oldest}: ${rows.map((row) => `${row.count} ${row.reason}`).join(", ")}. Look at GET /v1/parked-lines, map what is unknown, and retry or discard them.`,
      };
      return { finding, basis: noBasis };
    },
  };
}
