import type { BatchedSqlPlan } from "./batched-sql-plan.ts";
import { plainTablesPlan } from "./plain-tables-plan.ts";

/** The schemas the yardstick can write. */
export type PlanName = "plain-tables";

/** Every plan by name. Onhand's own schema joins as a file beside `plain-tables-plan.ts` and a line here. */
export const PLANS: Readonly<Record<PlanName, BatchedSqlPlan>> = { "plain-tables": plainTablesPlan };

/** The plan the benchmark uses. */
export const DEFAULT_PLAN: PlanName = "plain-tables";
