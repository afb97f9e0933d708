import type { Pool } from "pg";
import { adjustItem, type CommandContext } from "./adjust-item.ts";
import { type Answer, ok } from "./answers.ts";
import { hashRequest, oncePerKey, remember } from "./idempotent.ts";
import type { Adjustment } from "./requests.ts";

/** How a bulk request becomes transactions: one a line, in turn or several at once, or one for all. */
export type BulkMode = "line" | "line-parallel" | "request";

/** The mode by its name; `line` for anything else. */
export function bulkModeOf(name: string | undefined): BulkMode {
  return name === "request" || name === "line-parallel" ? name : "line";
}

interface LineResult {
  readonly index: number;
  readonly status: number;
  readonly item?: unknown;
  readonly error?: unknown;
}

/** Applies independent lines, each remembered under the request's key and its index. */
export async function bulkUpdate(
  pool: Pool,
  updates: readonly Adjustment[],
  context: CommandContext,
  mode: BulkMode,
): Promise<Answer> {
  const answers = await APPLY[mode](pool, updates, context);
  const results = answers.map(lineResult);
  const applied = results.filter((result) => result.status === 200).length;
  return ok({ results, applied, rejected: results.length - applied });
}

const APPLY = {
  line: lineAfterLine,
  "line-parallel": itemsAtOnce,
  request: oneTransactionPerRequest,
} as const satisfies Record<BulkMode, (pool: Pool, updates: readonly Adjustment[], context: CommandContext) => unknown>;

/** One transaction per line, in the order of the request. */
async function lineAfterLine(pool: Pool, updates: readonly Adjustment[], context: CommandContext): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const [index, update] of updates.entries()) answers.push(await applyLine(pool, update, context, index));
  return answers;
}

/** One transaction per line, as many at once as the pool has connections; lines of one item keep their order. */
async function itemsAtOnce(pool: Pool, updates: readonly Adjustment[], context: CommandContext): Promise<Answer[]> {
  const lastOfItem = new Map<string, Promise<Answer>>();
  const answers = updates.map((update, index) => {
    const item = `${update.productId}/${update.locationId}`;
    const before = lastOfItem.get(item) ?? Promise.resolve();
    const answer = before.then(() => applyLine(pool, update, context, index));
    lastOfItem.set(item, answer);
    return answer;
  });
  return Promise.all(answers);
}

function applyLine(pool: Pool, update: Adjustment, context: CommandContext, index: number): Promise<Answer> {
  const line = { ...context, key: `${context.key}:${index}` };
  return oncePerKey(pool, line, hashRequest(JSON.stringify(update)), (client) => adjustItem(client, update, line));
}

/** One transaction, three or four statements a line; in the order of the items' keys, so that two requests rarely deadlock. */
async function oneTransactionPerRequest(
  pool: Pool,
  updates: readonly Adjustment[],
  context: CommandContext,
): Promise<Answer[]> {
  const whole = await oncePerKey(pool, context, hashRequest(JSON.stringify(updates)), async (client) => {
    const answers: Answer[] = new Array(updates.length);
    for (const [index, update] of inLockOrder(updates)) {
      const line = { ...context, key: `${context.key}:${index}` };
      const answer = await adjustItem(client, update, line);
      await remember(client, line, hashRequest(JSON.stringify(update)), answer);
      answers[index] = answer;
    }
    return { status: 200, body: JSON.stringify(answers) };
  });
  return JSON.parse(whole.body) as Answer[];
}

function inLockOrder(updates: readonly Adjustment[]): [number, Adjustment][] {
  return [...updates.entries()].sort(([leftIndex, left], [rightIndex, right]) => {
    if (left.productId !== right.productId) return left.productId < right.productId ? -1 : 1;
    if (left.locationId !== right.locationId) return left.locationId < right.locationId ? -1 : 1;
    return leftIndex - rightIndex;
  });
}

function lineResult(answer: Answer, index: number): LineResult {
  const body: unknown = JSON.parse(answer.body);
  return answer.status === 200 ? { index, status: 200, item: body } : { index, status: answer.status, error: body };
}
