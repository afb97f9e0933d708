/** Calls that reconcile: the journal with what is made of it, and with what sources state. */
import Type from "typebox";
import * as reconciliation from "../reconciliation.ts";
import { Page } from "../resources.ts";
import { Id, NonEmptyText } from "../schema.ts";
import { act, closed, create, type Operation, paging, patch, read } from "./shared.ts";

const root = "/v1/reconciliations";
const difference = `${root}/differences/{differenceId}`;
const admin = { right: "admin" } as const;

export const reconciliationOperations = {
  requestReconciliation: {
    ...create,
    path: root,
    summary: "Compare now: the journal with levels, orders, totals and sources, or with a statement that is uploaded",
    body: reconciliation.RequestReconciliation,
    response: reconciliation.Reconciliation,
  },
  listReconciliations: {
    ...read,
    path: root,
    summary: "List reconciliations that were asked for, newest first",
    query: Type.Object({ ...paging }, closed),
    response: Page(reconciliation.Reconciliation),
  },
  listDifferences: {
    ...read,
    path: `${root}/differences`,
    summary: "List what differs: the oldest first, closed ones the last closed first",
    query: Type.Object(
      {
        ...paging,
        state: Type.Optional(
          Type.String({ enum: [...reconciliation.differenceStates, "unclosed"], default: "unclosed" }),
        ),
        check: Type.Optional(Type.String({ enum: [...reconciliation.checkKinds] })),
        productId: Type.Optional(Id("Only of this product")),
        locationId: Type.Optional(Id("Only at this location")),
        sourceId: Type.Optional(NonEmptyText(100, "Only of this source")),
        owner: Type.Optional(NonEmptyText(200, "Only those that somebody looks after")),
      },
      closed,
    ),
    response: Page(reconciliation.Difference),
  },
  getDifference: {
    ...read,
    path: difference,
    summary: "Read a difference, with what explains it and its history",
    response: reconciliation.Difference,
  },
  updateDifference: {
    ...patch,
    path: difference,
    summary: "Say who looks after a difference, or that it is known and may stay",
    body: reconciliation.UpdateDifference,
    response: reconciliation.Difference,
  },
  correctDifference: {
    ...act,
    path: `${difference}/correct`,
    summary: "Believe the source: stock becomes what it states as of its time, by an entry with the reason",
    body: reconciliation.CorrectDifference,
    response: reconciliation.Difference,
  },
  listReconciliationRules: {
    ...read,
    path: `${root}/rules`,
    summary: "List tolerances and rules of automatic correction",
    response: Type.Object({ data: Type.Array(reconciliation.ReconciliationRule) }),
  },
  putReconciliationRule: {
    ...patch,
    ...admin,
    method: "PUT",
    path: `${root}/rules/{ruleId}`,
    summary: "Set a rule: how far apart is near enough, and what is corrected without asking",
    body: reconciliation.PutReconciliationRule,
    response: reconciliation.ReconciliationRule,
  },
  deleteReconciliationRule: {
    method: "DELETE",
    status: 204,
    writes: true,
    response: null,
    ...admin,
    path: `${root}/rules/{ruleId}`,
    summary: "Take a rule away; what it corrected stays",
  },
  getReconciliation: {
    ...read,
    path: `${root}/{reconciliationId}`,
    summary: "Read how far a reconciliation is",
    response: reconciliation.Reconciliation,
  },
} as const satisfies Record<string, Operation>;
