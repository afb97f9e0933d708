/**
 * What each source stated last against the journal as of that time: levels by time of occurrence then, with what moved since taken
 * off. Where both agree it is written down up to which entry, so that a later difference has a beginning.
 */
import { partitionOf } from "../core/record/partition.ts";
import type { Queryable } from "../db/pool.ts";
import type { Check } from "./check.ts";
import {
  type Examined,
  type ExplainingMovement,
  type Finding,
  noBasis,
  type Subject,
  subjectOf,
} from "./difference.ts";
import { type DriftExplained, explainDrift } from "./explain-drift.ts";
import { reconciliationLimits } from "./limits.ts";
import * as sql from "./sql/statements.ts";

const kinds = ["statement"] as const;
const { statementWalkEntriesMax, statementsPerPage, movementsMax, explainEntriesMax } = reconciliationLimits;

/** What was on hand at a moment, or null where too much moved since to tell. */
export const levelAt = ({ on_hand, moved_since }: sql.LevelThen): number | null =>
  moved_since === null ? null : on_hand - moved_since;

/** @returns the check of what sources stated last */
export function statementCheck(database: Queryable, partitionCount: number): Check {
  return {
    kinds,
    async *pages({ productId, locationId, sourceId }) {
      let after: sql.StatementPlace = ["", "", ""];
      for (;;) {
        const { rows }: { rows: (sql.StatementRow & { is_comparable: boolean })[] } = await database.query<
          sql.StatementRow & { is_comparable: boolean }
        >(sql.pageOfStatements(after, sourceId, statementsPerPage));
        const ofScope = rows
          .filter((row) => row.is_comparable)
          .filter((row) => productId === null || row.product_id === productId)
          .filter((row) => locationId === null || row.location_id === locationId);
        const differing = await comparePage(database, partitionCount, ofScope);
        const suspects = differing.map((row) => ({ subject: subjectOfRow(row, partitionCount), sequence: null }));
        yield { kinds, checked: ofScope.length, suspects };
        const last = rows.at(-1);
        if (rows.length < statementsPerPage || last === undefined) return;
        after = [last.source_id, last.product_id, last.location_id];
      }
    },
    examine: (subject) => examine(database, subject),
  };
}

const askedOf = (row: sql.StatementRow, partitionCount: number): sql.Asked => ({
  partition: partitionOf(row.product_id, partitionCount),
  productId: row.product_id,
  locationId: row.location_id,
  asOfMs: row.as_of,
});

const subjectOfRow = (row: sql.StatementRow, partitionCount: number): Subject =>
  subjectOf("statement", {
    partition: partitionOf(row.product_id, partitionCount),
    productId: row.product_id,
    locationId: row.location_id,
    sourceId: row.source_id,
  });

/** @returns those that differ; of the others it is written down that they agreed */
async function comparePage(
  database: Queryable,
  partitionCount: number,
  rows: readonly sql.StatementRow[],
): Promise<sql.StatementRow[]> {
  if (rows.length === 0) return [];
  const asked = rows.map((row) => askedOf(row, partitionCount));
  const { rows: then } = await database.query<sql.LevelThen>(sql.levelsThen(asked, statementWalkEntriesMax));
  const agreements: sql.Agreement[] = [];
  const differing = rows.filter((row, index) => {
    const ours = levelAt(then[index]!);
    if (ours === row.stock_level) agreements.push(agreementOf(row, then[index]!));
    return ours !== null && ours !== row.stock_level;
  });
  if (agreements.length > 0) await database.query(sql.keepAgreements(agreements));
  return differing;
}

const agreementOf = (row: sql.StatementRow, then: sql.LevelThen): sql.Agreement => ({
  sourceId: row.source_id,
  productId: row.product_id,
  locationId: row.location_id,
  asOfMs: row.as_of,
  sequence: then.last_sequence,
});

async function examine(database: Queryable, subject: Subject): Promise<Examined> {
  const { sourceId, productId, locationId, partition } = subject;
  const { rows } = await database.query<sql.StatementRow>(sql.selectStatement(sourceId!, productId!, locationId!));
  const [row] = rows;
  if (row === undefined) return { finding: null, basis: noBasis };
  const asked = [{ partition: partition!, productId: productId!, locationId: locationId!, asOfMs: row.as_of }];
  const { rows: levels } = await database.query<sql.LevelThen>(sql.levelsThen(asked, statementWalkEntriesMax));
  const then = levels[0]!;
  const basis = { lastSequence: then.last_moving, asOfMs: row.as_of };
  const ours = levelAt(then);
  if (ours === null) return { finding: null, basis };
  if (ours === row.stock_level) {
    await database.query(sql.keepAgreements([agreementOf(row, then)]));
    return { finding: null, basis };
  }
  return { finding: await findingOf(database, subject, row, then, ours), basis };
}

async function findingOf(
  database: Queryable,
  subject: Subject,
  row: sql.StatementRow,
  then: sql.LevelThen,
  ours: number,
): Promise<Finding> {
  const { partition, productId, locationId, sourceId } = subject;
  const { rows: agreed } = await database.query<{ as_of: number; sequence: number | null }>(
    sql.selectAgreement(sourceId!, productId!, locationId!),
  );
  const said = { stated: row.stock_level, asOfMs: row.as_of, ours, agreed: agreed[0] ?? null };
  const { kind, movements, explanation } = await explained(database, partition!, then, said);
  return {
    subject,
    expected: { onHand: ours },
    found: { onHand: row.stock_level, asOf: new Date(row.as_of).toISOString() },
    units: row.stock_level - ours,
    firstSequence: movements[0]?.sequence ?? then.last_sequence,
    explanation,
    drift: { kind, movements },
  };
}

/** Both sides of a statement, and when they last agreed. */
export interface Said {
  readonly stated: number;
  readonly ours: number;
  readonly asOfMs: number;
  readonly agreed: { readonly as_of: number; readonly sequence: number | null } | null;
}

/** @returns what explains that a statement differs, from what moved since both agreed */
export async function explained(
  database: Queryable,
  partition: number,
  then: Pick<sql.LevelThen, "last_sequence">,
  { agreed, ...said }: Said,
): Promise<DriftExplained> {
  const { rows } =
    then.last_sequence === null
      ? { rows: [] }
      : await database.query<sql.MovementSince>(
          sql.movementsSince(partition, then.last_sequence, agreed?.sequence ?? 0, explainEntriesMax),
        );
  const movements: ExplainingMovement[] = rows.map((row) => ({
    sequence: row.sequence,
    onHandDelta: row.on_hand_delta,
    occurredAtMs: row.occurred_at,
    recordedAtMs: row.recorded_at,
    actor: row.actor,
    source: row.source,
  }));
  const isWhole = rows[0]?.is_whole ?? true;
  return explainDrift({ ...said, agreedMs: agreed?.as_of ?? null, movements, isWhole }, movementsMax);
}
