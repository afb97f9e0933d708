import type { ClientBase } from "pg";
import type { AuditFinding } from "./target.ts";

interface AuditRow {
  readonly journal_rows: string;
  readonly unanswered: string;
  readonly repeated: string;
  readonly broken_steps: string;
  readonly wrong_items: string;
  readonly wrong_totals: string;
  readonly negative: string;
  readonly wrong_holds: string;
}

const AUDIT = `
WITH step AS (
  SELECT product_id, location_id, delta, level_before, level_after, item_version,
    lag(level_after, 1, 0::bigint) OVER item AS level_expected,
    row_number() OVER item AS version_expected
  FROM journal WINDOW item AS (PARTITION BY product_id, location_id ORDER BY item_version)
), moved AS (
  SELECT product_id, location_id, sum(delta) AS moved, count(*) AS entries FROM journal GROUP BY product_id, location_id
)
SELECT
  (SELECT count(*) FROM journal) AS journal_rows,
  (SELECT count(*) FROM journal LEFT JOIN idempotency ON principal = actor AND key = idempotency_key AND status < 300
    WHERE key IS NULL) AS unanswered,
  (SELECT count(*) - count(DISTINCT (actor, idempotency_key, product_id, location_id)) FROM journal) AS repeated,
  (SELECT count(*) FROM step WHERE level_before <> level_expected OR level_after <> level_before + delta
    OR item_version <> version_expected) AS broken_steps,
  (SELECT count(*) FROM item FULL JOIN moved USING (product_id, location_id)
    WHERE stock_level IS DISTINCT FROM moved OR version IS DISTINCT FROM entries) AS wrong_items,
  (SELECT count(*) FROM product WHERE stock_total <>
    (SELECT coalesce(sum(stock_level), 0) FROM item WHERE item.product_id = product.product_id)) AS wrong_totals,
  (SELECT count(*) FROM item WHERE stock_level < 0) AS negative,
  (SELECT count(*) FROM item LEFT JOIN (
      SELECT product_id, location_id, sum(quantity) AS held FROM reservation_line
      JOIN reservation USING (reservation_id) WHERE phase = 'held' GROUP BY product_id, location_id) open
    USING (product_id, location_id) WHERE reserved <> coalesce(held, 0)) AS wrong_holds
`;

/**
 * Audits the plain server's tables. `journalRows` is what clients were told; with lost connections, at least that.
 */
export async function auditPlainTables(
  client: ClientBase,
  journalRows: number,
  mayHoldMore = false,
): Promise<readonly AuditFinding[]> {
  const { rows } = await client.query<AuditRow>(AUDIT);
  const row = rows[0]!;
  const actualRows = Number(row.journal_rows);
  return [
    {
      statement: "the journal holds every change that was acknowledged",
      expected: `${mayHoldMore ? "at least " : ""}${journalRows}`,
      actual: String(actualRows),
      holds: mayHoldMore ? actualRows >= journalRows : actualRows === journalRows,
    },
    none("journal rows without an answer under their key", row.unanswered),
    none("journal rows that repeat a key", row.repeated),
    none("journal rows that do not follow from the one before", row.broken_steps),
    none("items that differ from the sum of their changes", row.wrong_items),
    none("product totals that differ from their items", row.wrong_totals),
    none("negative levels", row.negative),
    none("items whose reserved units differ from their open reservations", row.wrong_holds),
  ];
}

function none(statement: string, count: string): AuditFinding {
  return { statement, expected: "0", actual: count, holds: count === "0" };
}
