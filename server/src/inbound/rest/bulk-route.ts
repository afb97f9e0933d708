/** POST /v1/inventory/bulk-update: many lines, each by itself or all together. */
import { Adjustment, type BulkUpdate, SetLevel, StateMove } from "@onhand/protocol/requests";
import { inventoryCommand, type LevelUpdate, updateLine } from "../../commands/inventory-commands.ts";
import type { Command } from "../../core/command.ts";
import { limits } from "../../core/limits.ts";
import type { AppliedLine, Outcome } from "../../core/outcome.ts";
import { formatMovementId } from "../../core/record/ids.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import { Check, requireValid } from "../../host/validation.ts";
import { bulkBodyBytesMax, requireRightToGoNegative } from "./common.ts";
import { type RestContext, requestContext } from "./context.ts";
import { resolveProduct } from "./inventory-write-routes.ts";
import { explainFailure, problemOfRejection } from "./outcome-problems.ts";
import { appliedView, itemOfOutcome } from "./views.ts";

const adjustment = new Check(Adjustment);
const stateMove = new Check(StateMove);
const setLevel = new Check(SetLevel);

interface LineResult {
  readonly index: number;
  readonly status: number;
  readonly replayed?: true;
  readonly item?: object;
  readonly movementId?: string;
  readonly contained?: object;
  readonly review?: string;
  readonly error?: object;
}

type Line = { readonly update: LevelUpdate; readonly productId: string } | { readonly problem: ProblemError };

/** The route of bulk updates. */
export function bulkRoute(rest: RestContext): Route {
  return {
    operationId: "bulkUpdateInventory",
    bodyBytesMax: bulkBodyBytesMax,
    async handle(call) {
      const body = call.body as BulkUpdate;
      if (call.ifMatchVersion !== null) {
        throw new ProblemError("validation_failed", "If-Match speaks of one item. Use expectedVersion in the lines.", {
          errors: [{ pointer: "If-Match", message: "does not apply to many lines" }],
        });
      }
      const lines = await Promise.all(body.updates.map((update) => readLine(rest, call, update)));
      return body.mode === "atomic" ? applyTogether(rest, call, body, lines) : applyEach(rest, call, body, lines);
    },
  };
}

/** Checks one line; what is wrong with it concerns only itself. */
async function readLine(rest: RestContext, call: Call, update: unknown): Promise<Line> {
  try {
    requireValid(checkOf(update), update, "line");
    const line = update as LevelUpdate;
    requireRightToGoNegative(call.principal.role, line.allowNegative);
    return { update: line, productId: line.productId ?? (await resolveProduct(rest, line)) };
  } catch (error) {
    const problem = error instanceof ProblemError ? error : explainFailure(error);
    if (problem === null) throw error;
    return { problem };
  }
}

/** What a line is to be follows from what it names. */
function checkOf(update: unknown): Check {
  if (typeof update !== "object" || update === null) return adjustment;
  return "stockLevel" in update ? setLevel : "move" in update ? stateMove : adjustment;
}

/** Each line is a command of its own, remembered by its operationId, or by the request's key and its index. */
async function applyEach(rest: RestContext, call: Call, body: BulkUpdate, lines: readonly Line[]): Promise<Reply> {
  const context = requestContext(rest, call, body.operationId);
  const commands: Command[] = [];
  const places: number[] = [];
  for (const [index, line] of lines.entries()) {
    if ("problem" in line) continue;
    // No caller can send a line break in a key, so this one cannot meet a key of its own.
    const key = line.update.operationId ?? `${context.idempotencyKey}\n${index}`;
    commands.push(inventoryCommand(context, key, [updateLine(line.update, line.productId, null)]));
    places.push(index);
  }
  const settled = await Promise.allSettled(rest.submitter.submit(commands));
  const results: LineResult[] = lines.map((line, index) =>
    "problem" in line ? failure(index, line.problem) : { index, status: 0 },
  );
  let cursor: string | null = null;
  const isReplay =
    settled.length > 0 && settled.every((answer) => answer.status === "fulfilled" && answer.value.replayed);
  const seen = new Set<string>();
  for (const [position, answer] of settled.entries()) {
    const index = places[position]!;
    if (answer.status === "rejected") {
      const problem = explainFailure(answer.reason);
      if (problem === null) rest.logger.error({ requestId: call.requestId, err: answer.reason }, "a bulk line failed");
      results[index] = failure(
        index,
        problem ??
          new ProblemError(
            "internal",
            "The line failed unexpectedly. Send it again with the same key.",
            {},
            { cause: answer.reason },
          ),
      );
      continue;
    }
    const { outcome, headVector, replayed } = answer.value;
    if (outcome.kind === "lines") cursor = rest.cursors.fromBytes(headVector);
    const { key } = commands[position]!;
    // When all of it was here before, the answer is the first one again, so only repeats within it are marked.
    const isMarked = isReplay ? seen.has(key) : replayed;
    seen.add(key);
    const { update } = lines[index] as Exclude<Line, { problem: ProblemError }>;
    results[index] = resultOf(index, update, outcome, isMarked);
  }
  return reply(context.idempotencyKey, 200, results, cursor, isReplay);
}

function resultOf(index: number, update: LevelUpdate, outcome: Outcome, isMarked: boolean): LineResult {
  const mark = isMarked ? ({ replayed: true } as const) : {};
  if (outcome.kind === "rejected") {
    const problem = problemOfRejection(outcome.rejection, { body: update, takesIfMatch: false });
    return { ...failure(index, problem), ...mark };
  }
  if (outcome.kind !== "lines") throw new Error("a line came to something else than lines");
  return { ...success(index, outcome.lines[0]!), ...mark };
}

const success = (index: number, applied: AppliedLine): LineResult => ({
  index,
  status: 200,
  item: itemOfOutcome(applied.item, applied.sku),
  movementId: formatMovementId(applied.item.partition, applied.sequence),
  ...appliedView(applied),
});

const failure = (index: number, problem: ProblemError): LineResult => ({
  index,
  status: problem.status,
  error: problem.toProblem(),
});

function reply(
  key: string,
  status: number,
  results: readonly LineResult[],
  cursor: string | null,
  isReplay: boolean,
): Reply {
  const applied = results.filter((result) => result.status === 200).length;
  const headers = { "idempotency-key": key, ...(isReplay ? { "idempotent-replayed": "true" } : {}) };
  return { status, body: { results, applied, rejected: results.length - applied, cursor }, headers };
}

/** All lines are one command: one refusal leaves everything as it was. */
async function applyTogether(rest: RestContext, call: Call, body: BulkUpdate, lines: readonly Line[]): Promise<Reply> {
  const context = requestContext(rest, call, body.operationId);
  const invalid = lines.findIndex((line) => "problem" in line);
  if (invalid >= 0) {
    const { problem } = lines[invalid] as { problem: ProblemError };
    if (problem.status >= 500) throw problem;
    return notApplied(context.idempotencyKey, lines.length, invalid, problem, false);
  }
  const valid = lines as readonly Exclude<Line, { problem: ProblemError }>[];
  requireFewCounts(valid.map(({ update }) => update));
  const command = inventoryCommand(
    context,
    context.idempotencyKey,
    valid.map(({ update, productId }) => updateLine(update, productId, null)),
  );
  let settled: Awaited<ReturnType<RestContext["submitter"]["submit"]>[number]>;
  try {
    settled = await rest.submitter.submitOne(command);
  } catch (error) {
    const problem = explainFailure(error);
    if (problem === null) throw error;
    throw new ProblemError(
      problem.code,
      problem.message,
      { ...problem.fields, idempotencyKey: context.idempotencyKey },
      {
        headers: { ...problem.headers, "idempotency-key": context.idempotencyKey },
        status: problem.status,
        cause: error,
      },
    );
  }
  const { outcome, headVector, replayed } = settled;
  if (outcome.kind === "rejected") {
    const fault = outcome.rejection.line;
    const problem = problemOfRejection(outcome.rejection, { body: valid[fault]!.update, takesIfMatch: false });
    // Not a verdict on the lines but a reason to send them again: the answer says so for the whole request.
    if (outcome.rejection.isStale === true) throw problem;
    return notApplied(context.idempotencyKey, lines.length, fault, problem, replayed);
  }
  if (outcome.kind !== "lines") throw new Error("lines came to something else than lines");
  const results = outcome.lines.map((applied, index) => success(index, applied));
  return reply(context.idempotencyKey, 200, results, rest.cursors.fromBytes(headVector), replayed);
}

/**
 * 409 and nothing applied: the answer is the problem of the line at fault, with the verdicts of all lines beside it; the
 * others say that they were held back.
 */
function notApplied(key: string, count: number, fault: number, problem: ProblemError, isReplay: boolean): Reply {
  const heldBack = new ProblemError(
    "not_applied",
    `Nothing was applied, because line ${fault} was refused. Correct that line and send all of them again.`,
  ).toProblem();
  const results = Array.from(
    { length: count },
    (_, index): LineResult => (index === fault ? failure(index, problem) : { index, status: 409, error: heldBack }),
  );
  const { body, headers } = reply(key, 409, results, null, isReplay);
  const detail = `Nothing was applied, because line ${fault} was refused: ${problem.message}`;
  return {
    status: 409,
    body: { ...problem.toProblem(), status: 409, detail, ...(body as object) },
    headers: { ...headers, "content-type": "application/problem+json", "cache-control": "no-store" },
  };
}

/** Counts walk back under the locks; independent ones are divided into groups, these cannot be. @throws ProblemError 400 */
function requireFewCounts(updates: readonly LevelUpdate[]): void {
  const counts = updates.filter((update) => "stockLevel" in update && update.countedAt !== undefined).length;
  if (counts <= limits.atomicCountsMax) return;
  const message = `takes at most ${limits.atomicCountsMax} lines with countedAt`;
  throw new ProblemError("validation_failed", `An atomic request ${message}. Send counts as independent lines.`, {
    errors: [{ pointer: "/updates", message }],
  });
}
