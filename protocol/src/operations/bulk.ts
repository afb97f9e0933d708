/** Calls that take rows in bulk, and those on the jobs behind them. */
import Type from "typebox";
import * as bulk from "../bulk.ts";
import { Page } from "../resources.ts";
import { Id, NonEmptyText } from "../schema.ts";
import { act, closed, type Operation, paging, read } from "./shared.ts";

const job = "/v1/jobs/{jobId}";
const flag = (description: string) => Type.Optional(Type.Boolean({ default: false, description }));
const verdict = (description: string) => Type.Optional(Type.String({ enum: [...bulk.rowVerdicts], description }));

const importQuery = Type.Object(
  {
    mode: Type.Optional(
      Type.String({
        enum: [...bulk.importModes],
        default: "create",
        description:
          "Of products and locations: create refuses those that are there; replace and merge change them, and create those that are not",
      }),
    ),
    overwrite: flag("Of inventory: a stockLevel without a guard replaces whatever is there"),
    dryRun: flag("Check the form of every row and change nothing"),
    delimiter: Type.Optional(
      Type.String({ enum: [",", ";", "|", "tab"], default: ",", description: "What stands between fields of CSV" }),
    ),
    map: Type.Optional(NonEmptyText(8_000, 'Which field is in which column, as JSON: {"sku":"item_no"}')),
    defaults: Type.Optional(NonEmptyText(8_000, 'Fields of rows that do not have them, as JSON: {"currency":"EUR"}')),
    others: Type.Optional(
      Type.String({
        enum: [...bulk.otherFields],
        default: "refuse",
        description: "Columns that are no field: refuse the rows, ignore them, or make them attributes of products",
      }),
    ),
    jobId: Type.Optional(Id("Your own id for the job, with `Prefer: respond-async`")),
  },
  closed,
);

export const bulkOperations = {
  importRows: {
    method: "POST",
    right: "writer",
    status: 200,
    writes: true,
    opens: "rows",
    path: "/v1/imports/{list}",
    summary: "Import rows as NDJSON or CSV; each row's verdict comes while the rest is still being sent",
    query: importQuery,
    response: null,
  },
  listJobs: {
    ...read,
    path: "/v1/jobs",
    summary: "List jobs, newest first",
    query: Type.Object({ ...paging, status: Type.Optional(Type.String({ enum: [...bulk.jobStatuses] })) }, closed),
    response: Page(bulk.Job),
  },
  getJob: { ...read, path: job, summary: "Read a job and how far it is", response: bulk.Job },
  listJobResults: {
    ...read,
    path: `${job}/results`,
    summary: "The verdicts of a job so far, in the order of its rows",
    query: Type.Object(
      { ...paging, verdict: verdict("Only these"), follow: flag("NDJSON: stay until the job ends") },
      closed,
    ),
    response: Page(bulk.RowResult),
  },
  cancelJob: {
    ...act,
    path: `${job}/cancel`,
    summary: "Stop a job: rows that are under way are finished, no more are begun",
    response: bulk.Job,
  },
} as const satisfies Record<string, Operation>;
