/** /v1/reconciliations: comparing on demand, what differs, and what may be corrected without asking. */
import {
  type CheckKind,
  type CorrectDifference,
  checkKinds,
  type DifferenceState,
  type PutReconciliationRule,
  type RequestReconciliation,
  type UpdateDifference,
} from "@onhand/protocol/reconciliation";
import type { Call, Reply, Route } from "../../host/route.ts";
import type { DifferenceActions } from "../../reconciliation/difference-actions.ts";
import type { Rules } from "../../reconciliation/rules.ts";
import type { AskedScope, Runs } from "../../reconciliation/runs.ts";
import type { Uploads } from "../../reconciliation/uploads.ts";
import { WorkRefusal } from "../../registry/work-refusal.ts";
import { bulkBodyBytesMax, ordinaryBodyBytesMax, refuseIfMatch } from "./common.ts";
import type { RestContext } from "./context.ts";
import { differenceOf, reconciliationOf, ruleOf } from "./reconciliation-views.ts";
import { keyedHeaders, keyedRequest, workRoute } from "./work-parts.ts";

/** What the routes of reconciliation work with beside the others. */
export interface ReconciliationContext extends RestContext {
  readonly runs: Runs;
  readonly uploads: Uploads;
  readonly differenceActions: DifferenceActions;
  readonly reconciliationRules: Rules;
}

/** @returns the routes of reconciliation */
export const reconciliationRoutes = (context: ReconciliationContext): Route[] => [
  ...runRoutes(context),
  ...differenceRoutes(context),
  ...ruleRoutes(context),
];

function runRoutes({ runs, uploads, pageTokens, clock }: ReconciliationContext): Route[] {
  return [
    workRoute("requestReconciliation", bulkBodyBytesMax, async (call) => {
      refuseIfMatch(call);
      const body = call.body as RequestReconciliation;
      const request = keyedRequest(clock, call, "requestReconciliation");
      if (
        body.statement !== undefined &&
        (body.checks ?? body.productId ?? body.locationId ?? body.sourceId) !== undefined
      )
        throw new WorkRefusal(
          "validation_failed",
          "A statement is compared line by line: leave out checks, productId, locationId and sourceId beside it. The statement itself may name its source.",
          { errors: [{ pointer: "/statement", message: "stands alone" }] },
        );
      const { answer, isReplayed } =
        body.statement === undefined
          ? await runs.request(request, scopeOf(body))
          : await runs.upload(request, body.statement, uploads);
      return { status: 201, body: reconciliationOf(answer), headers: keyedHeaders(request, isReplayed) };
    }),
    workRoute("listReconciliations", 0, async ({ query }) => {
      const filters = { list: "reconciliations" };
      const { after } = pageTokens.read(query, filters);
      const { rows, next } = await runs.list((after?.[0] as string | undefined) ?? null, query.limit as number);
      const nextCursor = pageTokens.next(next === null ? null : [next], filters, null);
      return { status: 200, body: { data: rows.map((row) => reconciliationOf(row)), nextCursor } };
    }),
    workRoute("getReconciliation", 0, async ({ params }) => ({
      status: 200,
      body: reconciliationOf(await runs.get(params.reconciliationId!)),
    })),
  ];
}

const scopeOf = ({ checks, productId, locationId, sourceId }: RequestReconciliation): AskedScope => ({
  checks: (checks as CheckKind[] | undefined) ?? [...checkKinds],
  productId: productId ?? null,
  locationId: locationId ?? null,
  sourceId: sourceId ?? null,
});

function differenceRoutes({ differenceActions, pageTokens, clock }: ReconciliationContext): Route[] {
  return [
    workRoute("listDifferences", 0, async ({ query }) => {
      const given = (name: string): string | null => (query[name] as string | undefined) ?? null;
      const filter = {
        state: query.state as DifferenceState | "unclosed",
        check: given("check") as CheckKind | null,
        productId: given("productId"),
        locationId: given("locationId"),
        sourceId: given("sourceId"),
        owner: given("owner"),
      };
      const filters = { list: "differences", ...filter };
      const { after } = pageTokens.read(query, filters);
      const { rows, next } = await differenceActions.list(filter, after, query.limit as number);
      return { status: 200, body: { data: rows.map(differenceOf), nextCursor: pageTokens.next(next, filters, null) } };
    }),
    workRoute("getDifference", 0, async ({ params }) => {
      const row = await differenceActions.get(params.differenceId!);
      return { status: 200, body: differenceOf(row), headers: { etag: `"${row.version}"` } };
    }),
    workRoute("updateDifference", ordinaryBodyBytesMax, async (call) => {
      const request = keyedRequest(clock, call, "updateDifference");
      const { differenceId } = call.params;
      const body = call.body as UpdateDifference;
      const done = await differenceActions.update(request, differenceId!, body, call.ifMatchVersion);
      return {
        status: 200,
        body: differenceOf(done.answer),
        headers: { etag: `"${done.answer.version}"`, ...keyedHeaders(request, done.isReplayed) },
      };
    }),
    workRoute("correctDifference", ordinaryBodyBytesMax, async (call: Call): Promise<Reply> => {
      refuseIfMatch(call);
      const request = keyedRequest(clock, call, "correctDifference");
      const { reason } = call.body as CorrectDifference;
      const row = await differenceActions.correct(request, call.params.differenceId!, reason);
      return { status: 200, body: differenceOf(row), headers: keyedHeaders(request, false) };
    }),
  ];
}

function ruleRoutes({ reconciliationRules, clock }: ReconciliationContext): Route[] {
  return [
    workRoute("listReconciliationRules", 0, async () => {
      const rows = await reconciliationRules.list();
      return { status: 200, body: { data: rows.map(ruleOf) } };
    }),
    workRoute("putReconciliationRule", ordinaryBodyBytesMax, async (call) => {
      refuseIfMatch(call);
      requireRuleId(call.params.ruleId!);
      const request = keyedRequest(clock, call, "putReconciliationRule");
      const body = call.body as PutReconciliationRule;
      const { answer, isReplayed } = await reconciliationRules.put(request, call.params.ruleId!, body);
      return { status: 200, body: ruleOf(answer), headers: keyedHeaders(request, isReplayed) };
    }),
    workRoute("deleteReconciliationRule", 0, async (call) => {
      refuseIfMatch(call);
      const request = keyedRequest(clock, call, "deleteReconciliationRule");
      const { isReplayed } = await reconciliationRules.remove(request, call.params.ruleId!);
      return { status: 204, body: null, headers: keyedHeaders(request, isReplayed) };
    }),
  ];
}

/** @throws WorkRefusal */
function requireRuleId(ruleId: string): void {
  if (/^[A-Za-z0-9._:-]{1,64}$/.test(ruleId)) return;
  throw new WorkRefusal(
    "validation_failed",
    "The id of a rule is made of letters, digits and ._:-, up to 64 of them.",
    {
      errors: [{ pointer: "ruleId", message: "is no id" }],
    },
  );
}
