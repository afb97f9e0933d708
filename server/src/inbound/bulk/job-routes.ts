/** /v1/jobs: how far jobs are, what became of their rows, and stopping one. */
import type { RowResult } from "@onhand/protocol/bulk";
import type { Call, Reply, Route } from "../../host/route.ts";
import { keyedHeaders, keyedRequest, workRoute } from "../rest/work-parts.ts";
import { bulkLimits } from "./bulk-limits.ts";
import type { BulkRoutesContext } from "./import-route.ts";
import { jobOf } from "./job-views.ts";
import { LineStream } from "./line-stream.ts";
import { wholeListForm } from "./media-type.ts";

const textOrNull = (value: unknown): string | null => (value as string | undefined) ?? null;

/** The routes of jobs. */
export function jobRoutes(rest: BulkRoutesContext): Route[] {
  const { jobs, pageTokens, clock } = rest;
  return [
    workRoute("listJobs", 0, async ({ query }) => {
      const status = textOrNull(query.status);
      const filters = { list: "jobs", status };
      const { rows, next } = await jobs.list(status, pageTokens.read(query, filters).after, query.limit as number);
      return { status: 200, body: { data: rows.map(jobOf), nextCursor: pageTokens.next(next, filters, null) } };
    }),
    workRoute("getJob", 0, async ({ params }) => ({ status: 200, body: jobOf(await jobs.get(params.jobId!)) })),
    workRoute("listJobResults", 0, (call) =>
      wholeListForm(call.header("accept")) === "ndjson" ? followResults(rest, call) : pageOfResults(rest, call),
    ),
    workRoute("cancelJob", 0, async (call) => {
      const request = keyedRequest(clock, call, "cancelJob");
      const { jobId } = call.params;
      const { isReplayed } = await jobs.cancel(request, jobId!);
      return { status: 200, body: jobOf(await jobs.get(jobId!)), headers: keyedHeaders(request, isReplayed) };
    }),
  ];
}

/** Stretches of some hundred rows that are read at once. */
const stretchesAtOnce = 4;

/** Verdicts behind a row, those of one kind only where that is asked. */
async function verdictsBehind(
  { jobs }: BulkRoutesContext,
  jobId: string,
  after: number,
  verdict: string | null,
): Promise<{ readonly lines: readonly string[]; readonly last: number | null }> {
  const lines = await jobs.results(jobId, after, verdict === "rejected", stretchesAtOnce);
  const last = lines.length === 0 ? null : rowOf(lines.at(-1)!);
  return { lines: verdict === null ? lines : lines.filter((line) => verdictOf(line) === verdict), last };
}

/** Each line begins with its row. */
const rowOf = (line: string): number => Number(/^\{"row":(\d+)/.exec(line)![1]);
const verdictOf = (line: string): string | undefined => /"verdict":"(\w+)"/.exec(line)?.[1];

async function pageOfResults(rest: BulkRoutesContext, { params, query }: Call): Promise<Reply> {
  const job = await rest.jobs.get(params.jobId!);
  const verdict = textOrNull(query.verdict);
  const limit = query.limit as number;
  const filters = { list: "job results", jobId: job.job_id, verdict };
  let after = (rest.pageTokens.read(query, filters).after?.[0] as number | undefined) ?? 0;
  const data: string[] = [];
  let isMore = true;
  while (data.length <= limit && isMore) {
    const { lines, last } = await verdictsBehind(rest, job.job_id, after, verdict);
    data.push(...lines);
    isMore = last !== null;
    after = last ?? after;
  }
  const shown = data.slice(0, limit);
  const next = data.length > limit ? [rowOf(shown.at(-1)!)] : null;
  const nextCursor = rest.pageTokens.next(next, filters, null);
  return { status: 200, body: { data: shown.map((line) => JSON.parse(line) as RowResult), nextCursor } };
}

/** All verdicts there are, and with `follow` those that come, until the job has ended. */
async function followResults(rest: BulkRoutesContext, { params, query, signal }: Call): Promise<Reply> {
  const { jobs, clock, imports } = rest;
  const { job_id: jobId } = await jobs.get(params.jobId!);
  const verdict = textOrNull(query.verdict);
  const stream = new LineStream(clock);
  const write = async (): Promise<void> => {
    let after = 0;
    for (;;) {
      const isOver = query.follow !== true || (await jobs.get(jobId)).ended_at !== null;
      for (let last: number | null = after; last !== null; ) {
        const found = await verdictsBehind(rest, jobId, after, verdict);
        last = found.last;
        after = last ?? after;
        if (found.lines.length > 0) await stream.write(`${found.lines.join("\n")}\n`);
      }
      if (isOver) return stream.close();
      if (signal.aborted || stream.isOver || imports.isStopping()) throw new Error("the stream is ended");
      await new Promise<void>((resolve) => void clock.after(bulkLimits.followMs, resolve));
    }
  };
  void write().catch((error: Error) => stream.cut(error));
  return {
    status: 200,
    body: null,
    stream,
    headers: { "content-type": "application/x-ndjson", "cache-control": "no-store" },
  };
}
