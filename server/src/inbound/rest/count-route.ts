/** POST /v1/counts: what was found on the shelf, line by line. */
import type { CountInventory, CountResults, CountVerdict } from "@onhand/protocol/counts";
import { countCommand } from "../../commands/count-commands.ts";
import { textOf } from "../../commands/entry-text.ts";
import { clockOf } from "../../commands/inventory-commands.ts";
import type { RequestContext } from "../../commands/request-context.ts";
import type { Command } from "../../core/command.ts";
import type { Outcome } from "../../core/outcome.ts";
import { formatMovementId } from "../../core/record/ids.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import { parseRfc3339Ms } from "../../lib/rfc3339.ts";
import { bulkBodyBytesMax } from "./common.ts";
import { type RestContext, requestContext } from "./context.ts";
import { explainFailure, problemOfRejection } from "./outcome-problems.ts";
import { appliedView, itemOfOutcome } from "./views.ts";

type Line = CountInventory["lines"][number];
type Result = CountResults["results"][number] & { readonly verdict: CountVerdict };

/** No product has this id. A count of an unknown SKU is refused by the writer, so that its key remembers the refusal. */
const noProduct = "?";

/** The route of counts outside of sessions. */
export function countRoute(rest: RestContext): Route {
  return {
    operationId: "countInventory",
    bodyBytesMax: bulkBodyBytesMax,
    async handle(call) {
      const body = call.body as CountInventory;
      requireWhole(call, body);
      const context = requestContext(rest, call, body.operationId);
      const commands = await Promise.all(body.lines.map((line, index) => commandOf(rest, context, body, line, index)));
      const settled = await Promise.allSettled(rest.submitter.submit(commands));
      let cursor: string | null = null;
      const isReplay = settled.every((answer) => answer.status === "fulfilled" && answer.value.replayed);
      const results = settled.map((answer, index): Result => {
        if (answer.status === "rejected") return unsettled(rest, call, index, answer.reason);
        const { outcome, headVector, replayed } = answer.value;
        if (outcome.kind === "lines") cursor = rest.cursors.fromBytes(headVector);
        return {
          ...resultOf(index, body.lines[index]!, outcome),
          ...(replayed && !isReplay ? { replayed: true } : {}),
        };
      });
      return reply(context.idempotencyKey, results, cursor, isReplay);
    },
  };
}

/** @throws ProblemError 400 when a line does not say of what product or when it was counted */
function requireWhole(call: Call, body: CountInventory): void {
  const errors = body.lines.flatMap((line, index) => [
    ...(line.productId === undefined && line.sku === undefined
      ? [{ pointer: `/lines/${index}`, message: "needs productId or sku" }]
      : []),
    ...((line.countedAt ?? body.countedAt) === undefined
      ? [{ pointer: `/lines/${index}/countedAt`, message: "is required unless the request has one" }]
      : []),
  ]);
  if (call.ifMatchVersion !== null) errors.push({ pointer: "If-Match", message: "does not apply to counts" });
  if (errors.length === 0) return;
  throw new ProblemError(
    "validation_failed",
    `The count is not whole: ${errors[0]!.pointer} ${errors[0]!.message}. Say of each line which product and when, and leave If-Match out: countedAt is the guard.`,
    { errors: errors.slice(0, 20) },
  );
}

/** Each line is a command of its own, remembered by the request's key and its index. */
async function commandOf(
  rest: RestContext,
  context: RequestContext,
  body: CountInventory,
  line: Line,
  index: number,
): Promise<Command> {
  const { productId, sku } = line;
  const found = productId ?? (await rest.items.currentProductOfSku(sku!))?.productId ?? noProduct;
  // No caller can send a line break in a key, so this one cannot meet a key of its own.
  return countCommand(context, `${context.idempotencyKey}\n${index}`, {
    productId: found,
    sku: sku ?? null,
    isFoundBySku: productId === undefined,
    locationId: body.locationId,
    stockLevel: line.stockLevel === 0 ? 0 : line.stockLevel,
    countedAtMs: parseRfc3339Ms((line.countedAt ?? body.countedAt)!),
    clock: body.device === undefined ? null : clockOf(body.device),
    text: textOf(body.reason, body.reference),
  });
}

function resultOf(index: number, line: Line, outcome: Outcome): Result {
  if (outcome.kind === "rejected")
    return refused(index, problemOfRejection(outcome.rejection, { body: line, takesIfMatch: false }));
  if (outcome.kind !== "lines") throw new Error("a count came to something else than lines");
  const applied = outcome.lines[0]!;
  const { item, sku, sequence, contained, review } = applied;
  return {
    index,
    verdict: review !== undefined ? "review" : contained !== undefined ? "contained" : "applied",
    item: itemOfOutcome(item, sku),
    movementId: formatMovementId(item.partition, sequence),
    ...appliedView(applied),
  };
}

const refused = (index: number, problem: ProblemError): Result => ({
  index,
  verdict: "rejected",
  error: problem.toProblem(),
});

/** What could not be said of a line: it may be sent again with the same key. */
function unsettled(rest: RestContext, call: Call, index: number, reason: unknown): Result {
  const known = explainFailure(reason);
  if (known === null) rest.logger.error({ requestId: call.requestId, err: reason }, "a count failed");
  const detail = "The line failed unexpectedly. Send it again with the same key.";
  return refused(index, known ?? new ProblemError("internal", detail, {}, { cause: reason }));
}

function reply(key: string, results: readonly Result[], cursor: string | null, isReplay: boolean): Reply {
  const count = (verdict: CountVerdict): number => results.filter((result) => result.verdict === verdict).length;
  return {
    status: 200,
    body: {
      results,
      applied: count("applied"),
      contained: count("contained"),
      review: count("review"),
      rejected: count("rejected"),
      cursor,
    },
    headers: { "idempotency-key": key, ...(isReplay ? { "idempotent-replayed": "true" } : {}) },
  };
}
