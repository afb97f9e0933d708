/** Statements on rules. */
import type { Statement } from "../../db/pool.ts";
import type { Rule } from "../rule.ts";

export interface RuleRow {
  readonly rule_id: string;
  readonly document: Omit<Rule, "ruleId">;
  readonly version: number;
  readonly updated_at: number;
  readonly updated_by: string;
}

const columns = "rule_id, document, version, updated_at, updated_by";
const now = "date_trunc('milliseconds', clock_timestamp())";

/** All rules: they are few. */
export const listRules = (): Statement => ({
  text: `SELECT ${columns} FROM reconciliation_rule ORDER BY rule_id`,
});

/** Sets a rule; no row when it would be one too many. */
export const putRule = (ruleId: string, document: RuleRow["document"], by: string, rulesMax: number): Statement => ({
  text: `INSERT INTO reconciliation_rule AS r (rule_id, document, version, created_at, updated_at, updated_by)
         SELECT $1, $2::jsonb, 1, ${now}, ${now}, $3
         WHERE (SELECT count(*) FROM reconciliation_rule) < $4 OR EXISTS (SELECT FROM reconciliation_rule WHERE rule_id = $1)
         ON CONFLICT (rule_id) DO UPDATE SET document = excluded.document, version = r.version + 1, updated_at = excluded.updated_at, updated_by = excluded.updated_by
         RETURNING ${columns}`,
  values: [ruleId, JSON.stringify(document), by, rulesMax],
});

/** Takes a rule away. */
export const deleteRule = (ruleId: string): Statement => ({
  text: "DELETE FROM reconciliation_rule WHERE rule_id = $1",
  values: [ruleId],
});
