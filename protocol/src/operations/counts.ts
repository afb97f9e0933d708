/** Calls that count, and those on what somebody should look at. */
import Type from "typebox";
import * as counts from "../counts.ts";
import { Page } from "../resources.ts";
import { ResolveReview, Review, reviewKinds } from "../reviews.ts";
import { Id } from "../schema.ts";
import { act, closed, create, type Operation, paging, read } from "./shared.ts";

const session = "/v1/counts/sessions/{sessionId}";

export const countOperations = {
  countInventory: {
    ...act,
    path: "/v1/counts",
    summary: "Say what was found on the shelf: each line holds as of the moment it was counted",
    body: counts.CountInventory,
    response: counts.CountResults,
  },
  listCountSessions: {
    ...read,
    path: "/v1/counts/sessions",
    summary: "List count sessions, newest first",
    query: Type.Object(
      {
        ...paging,
        locationId: Type.Optional(Id("Only at this location")),
        status: Type.Optional(Type.String({ enum: [...counts.countSessionStatuses] })),
      },
      closed,
    ),
    response: Page(counts.CountSession),
  },
  openCountSession: {
    ...create,
    path: "/v1/counts/sessions",
    summary: "Open a count session at a location; sales go on meanwhile",
    body: counts.OpenCountSession,
    response: counts.CountSession,
  },
  getCountSession: {
    ...read,
    path: session,
    summary: "Read a count session and how far it is",
    response: counts.CountSession,
  },
  listCountLines: {
    ...read,
    path: `${session}/lines`,
    summary: "List what was counted in a session",
    query: Type.Object(
      { ...paging, verdict: Type.Optional(Type.String({ enum: ["pending", ...counts.countVerdicts] })) },
      closed,
    ),
    response: Page(counts.CountLine),
  },
  putCountLines: {
    ...act,
    path: `${session}/lines`,
    summary: "Add counted lines to a session, replace them, or take them out",
    body: counts.PutCountLines,
    response: counts.PutCountLinesResult,
  },
  getCountVariance: {
    ...read,
    path: `${session}/variance`,
    summary: "How a session differs from what was expected, with what moved since netted out",
    query: Type.Object(
      {
        limit: Type.Optional(
          Type.Integer({ minimum: 1, maximum: 10_000, default: 1_000, description: "Lines; totals are of all" }),
        ),
      },
      closed,
    ),
    response: counts.CountVariance,
  },
  postCountSession: {
    ...act,
    path: `${session}/post`,
    summary: "Apply a session to the journal, line by line; repeat it until it is posted",
    response: counts.CountSession,
  },
  cancelCountSession: {
    ...act,
    path: `${session}/cancel`,
    summary: "Give a session up; nothing of it is applied",
    response: counts.CountSession,
  },
  listReviews: {
    ...read,
    path: "/v1/reviews",
    summary: "List what somebody should look at: open ones, the longest waiting first",
    query: Type.Object(
      {
        ...paging,
        state: Type.Optional(Type.String({ enum: ["open", "resolved"], default: "open" })),
        kind: Type.Optional(Type.String({ enum: [...reviewKinds] })),
        productId: Type.Optional(Id("Only of this product")),
        locationId: Type.Optional(Id("Only at this location")),
      },
      closed,
    ),
    response: Page(Review),
  },
  resolveReview: {
    ...act,
    path: "/v1/reviews/{movementId}/resolve",
    summary: "Say what came of looking at it",
    body: ResolveReview,
    response: Review,
  },
} as const satisfies Record<string, Operation>;
