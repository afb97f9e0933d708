/** Rules as administrators set them: few, read as a whole, and known here for a moment. */
import type { PutReconciliationRule } from "@onhand/protocol/reconciliation";
import type { Database } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { type KeyedRequest, type Remembered, remembered } from "../registry/remembered.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import type { DriftKind } from "./difference.ts";
import { reconciliationLimits } from "./limits.ts";
import type { Rule } from "./rule.ts";
import * as sql from "./sql/rules.ts";

export type { RuleRow } from "./sql/rules.ts";

type Document = Omit<Rule, "ruleId">;

function documentOf(body: PutReconciliationRule): Document {
  const { name, sourceId = null, locationId = null, productId = null, tolerance = {}, correct = null } = body;
  return {
    name,
    sourceId,
    locationId,
    productId,
    tolerance: { units: tolerance.units ?? 0, percent: tolerance.percent ?? 0 },
    correct:
      correct === null
        ? null
        : {
            kinds: correct.kinds as DriftKind[],
            unitsMax: correct.unitsMax,
            afterSeconds: correct.afterSeconds ?? 900,
          },
  };
}

export class Rules {
  readonly #database: Database;
  readonly #clock: Clock;
  #known: { readonly rules: readonly Rule[]; readonly atMs: number } | null = null;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** All of them, in order of their ids, a moment old at most. */
  async all(): Promise<readonly Rule[]> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#known === null || nowMs - this.#known.atMs > reconciliationLimits.rulesKnownMs) {
      const rows = await this.list();
      this.#known = { rules: rows.map((row) => ({ ruleId: row.rule_id, ...row.document })), atMs: nowMs };
    }
    return this.#known.rules;
  }

  async list(): Promise<readonly sql.RuleRow[]> {
    const { rows } = await this.#database.query<sql.RuleRow>(sql.listRules());
    return rows;
  }

  /** Sets a rule, new or not. @throws WorkRefusal when there are too many */
  async put(request: KeyedRequest, ruleId: string, body: PutReconciliationRule): Promise<Remembered<sql.RuleRow>> {
    const put = await remembered(this.#database, request, async (connection) => {
      const { rows } = await connection.query<sql.RuleRow>(
        sql.putRule(ruleId, documentOf(body), request.principal, reconciliationLimits.rulesMax),
      );
      if (rows[0] === undefined)
        throw new WorkRefusal(
          "in_use",
          `There are ${reconciliationLimits.rulesMax} rules, which is as many as there may be. Take one away, or make one wider.`,
          { limit: reconciliationLimits.rulesMax },
        );
      return rows[0];
    });
    this.#known = null;
    return put;
  }

  /** @throws WorkRefusal when there is none */
  async remove(request: KeyedRequest, ruleId: string): Promise<Remembered<object>> {
    const removed = await remembered(this.#database, request, async (connection) => {
      const { rowCount } = await connection.query(sql.deleteRule(ruleId));
      if (rowCount === 0)
        throw new WorkRefusal("not_found", `There is no rule ${ruleId}. GET /v1/reconciliations/rules lists them.`);
      return {};
    });
    this.#known = null;
    return removed;
  }
}
