/** `onhand jobs`: imports that are worked on behind their answer. */
import type { Job } from "@onhand/client";
import type { Command } from "../command.ts";
import { nounCommand, type Shown, shownRows } from "./verbs.ts";

const listed = 50;

const shown = (job: Job): Shown => {
  const { done, applied, rejected } = job.rows;
  const of = job.input.complete ? ` of ${job.input.rows}` : `, ${job.input.rows} have come in so far`;
  const why = job.problem === null ? "" : `\n${job.problem.detail}`;
  return {
    json: job,
    text: `${job.jobId}  ${job.status}  ${job.list}  ${done}${of} rows: ${applied} applied, ${rejected} rejected${why}`,
  };
};

export const jobsCommand: Command = nounCommand({
  name: "jobs",
  summary: "Show imports in the background, and stop one",
  about: "A job is an import that was asked for with Prefer: respond-async. It survives the server that works on it.",
  flags: { status: "list: only receiving, running, cancelling, done, cancelled or failed" },
  verbs: {
    list: {
      usage: "",
      about: `the newest ${listed}`,
      argumentsMin: 0,
      options: ["status"],
      async run(client, _, { status }) {
        const { data } = await client.listJobs({ limit: listed, status: status as "done" });
        const rows = data.map((job) => ({ ...job, ...job.rows, sent: job.input.rows }));
        return {
          ...shownRows(rows, ["jobId", "list", "status", "sent", "done", "applied", "rejected", "createdAt"]),
          json: data,
        };
      },
    },
    show: {
      usage: "ID",
      about: "one, and how far it is",
      argumentsMin: 1,
      run: async (client, [id]) => shown(await client.getJob(id!)),
    },
    rejected: {
      usage: "ID",
      about: "rows that were refused, and why",
      argumentsMin: 1,
      async run(client, [id]) {
        const { data } = await client.listJobResults(id!, { limit: 1_000, verdict: "rejected" });
        return {
          ...shownRows(
            data.map(({ row, line, error }) => ({ row, line, why: error?.detail })),
            ["row", "line", "why"],
          ),
          json: data,
        };
      },
    },
    cancel: {
      usage: "ID",
      about: "begin no more rows",
      argumentsMin: 1,
      run: async (client, [id]) => shown(await client.cancelJob(id!)),
    },
  },
  examples: ["jobs", "jobs show spring-catalogue", "jobs rejected spring-catalogue"],
});
