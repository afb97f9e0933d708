/** POST /v1/imports/{list}: rows in bulk, answered as they go or by a job. */
import { hash } from "node:crypto";
import type { RowResult } from "@onhand/protocol/bulk";
import { ProblemError } from "../../host/problem.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import type { JobStore } from "../../jobs/job-store.ts";
import { sortableId } from "../../lib/random-id.ts";
import { refuseIfMatch } from "../rest/common.ts";
import type { RestContext } from "../rest/context.ts";
import { workRoute } from "../rest/work-parts.ts";
import { bulkLimits } from "./bulk-limits.ts";
import { type ImportRequest, readImport, wantsJob } from "./import-request.ts";
import { jobOf } from "./job-views.ts";
import { answerLive } from "./live-import.ts";
import { RowImport } from "./row-import.ts";
import { RowsUnreadable, type SentRow } from "./row-source.ts";
import { RowsAhead } from "./rows-ahead.ts";

/** Imports that this server answers as they go. */
export interface LiveImports {
  readonly underWay: Set<Promise<void>>;
  readonly isStopping: () => boolean;
  readonly onRows: (list: string, results: readonly RowResult[]) => void;
}

/** What the routes of bulk work with beside the others. */
export interface BulkRoutesContext extends RestContext {
  readonly jobs: JobStore;
  readonly imports: LiveImports;
}

/** The route of imports. */
export const importRoute = (rest: BulkRoutesContext): Route =>
  workRoute("importRows", 0, async (call) => {
    refuseIfMatch(call);
    const request = readImport(call);
    return wantsJob(call) ? takeJob(rest, call, request) : answerAsItGoes(rest, call, request);
  });

const keyOf = (rest: RestContext, call: Call): string => call.idempotencyKey ?? sortableId("made_", rest.clock.nowMs());

async function answerAsItGoes(
  rest: BulkRoutesContext,
  call: Call,
  { options, rows: sent }: ImportRequest,
): Promise<Reply> {
  const { imports, clock } = rest;
  if (call.query.jobId !== undefined)
    throw new ProblemError(
      "validation_failed",
      "jobId names a job. Send Prefer: respond-async with it, or leave it out.",
      {
        errors: [{ pointer: "/jobId", message: "needs Prefer: respond-async" }],
      },
    );
  if (imports.underWay.size >= bulkLimits.importsUnderWayMax)
    throw new ProblemError(
      "overloaded",
      `${bulkLimits.importsUnderWayMax} imports are under way. Wait for one to end, or send it with Prefer: respond-async.`,
      {},
      { headers: { "retry-after": "5" } },
    );
  const key = keyOf(rest, call);
  const rows = new RowsAhead(sent);
  const first = await firstOf(rows);
  const origin = { principal: call.principal, key, requestId: call.requestId, traceparent: call.traceparent };
  const { stream, over } = answerLive({
    rows,
    first,
    apply: new RowImport(rest, options, origin),
    mayRepeat: call.idempotencyKey !== null,
    clock,
    isStopping: imports.isStopping,
    onRows: (results) => imports.onRows(options.list, results),
    onFailure: (error) => rest.logger.error({ requestId: call.requestId, err: error }, "an import failed"),
  });
  imports.underWay.add(over);
  void over.finally(() => imports.underWay.delete(over));
  return {
    status: 200,
    body: null,
    stream,
    headers: { "content-type": "application/x-ndjson", "cache-control": "no-store", "idempotency-key": key },
  };
}

/** What cannot be read from the beginning is refused as a whole. @throws ProblemError 400 */
async function firstOf(rows: RowsAhead): Promise<readonly SentRow[] | null> {
  try {
    return await rows.take();
  } catch (error) {
    throw unreadable(error);
  }
}

const unreadable = (error: unknown): unknown =>
  error instanceof RowsUnreadable ? new ProblemError("validation_failed", error.message, {}, { cause: error }) : error;

async function takeJob(rest: BulkRoutesContext, call: Call, { options, rows: sent }: ImportRequest): Promise<Reply> {
  const { jobs, imports } = rest;
  const key = keyOf(rest, call);
  const jobId = (call.query.jobId as string | undefined) ?? jobIdOf(call.principal.keyId, key);
  const { keyId, name, role } = call.principal;
  const upload = await jobs.upload({
    jobId,
    list: options.list,
    principal: { keyId, name, role },
    options,
    requestId: call.requestId,
    traceparent: call.traceparent,
  });
  const rows = new RowsAhead(sent);
  try {
    for (let batch = await rows.take(); batch !== null; batch = await rows.take()) {
      if (imports.isStopping())
        throw new ProblemError("not_ready", "The server is stopping. Send the file again: it is gone on with.");
      await upload.take(batch);
    }
    await upload.complete();
  } catch (error) {
    throw unreadable(error);
  } finally {
    rows.stop();
  }
  return {
    status: 202,
    body: jobOf(await jobs.get(jobId)),
    headers: { location: `/v1/jobs/${jobId}`, "preference-applied": "respond-async", "idempotency-key": key },
  };
}

/** The same key of the same caller always means the same job. */
const jobIdOf = (principal: string, key: string): string =>
  `job_${hash("sha256", `${principal}\n${key}`, "hex").slice(0, 26)}`;
