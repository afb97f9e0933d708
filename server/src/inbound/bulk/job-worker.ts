/** Applies the rows of jobs as those of an import that is answered as it goes, under keys of the job. */
import type { Principal } from "../../auth/principal.ts";
import type { ChunkVerdicts, RowWorker } from "../../jobs/job-runner.ts";
import type { JobRow } from "../../jobs/job-store.ts";
import { countInto, noCounts } from "./live-import.ts";
import type { BulkContext } from "./planned-row.ts";
import { type ImportOptions, RowImport } from "./row-import.ts";
import type { SentRow } from "./row-source.ts";

/** @returns what applies the rows of a job */
export function rowWorker(context: BulkContext, job: JobRow): RowWorker {
  const rows = new RowImport(context, job.options as ImportOptions, {
    principal: job.principal as Principal,
    // No caller can send a line break in a key, so this one cannot meet a key of its own.
    key: `job\n${job.job_id}`,
    requestId: job.request_id,
    traceparent: job.traceparent,
  });
  return {
    async apply(kept, isAgain) {
      const { results } = await rows.apply(kept as readonly SentRow[], isAgain);
      const verdicts = results.then((came): ChunkVerdicts => {
        // Rows that are handed over again were applied by this very job.
        const shown = came.map((result) =>
          isAgain && result.verdict === "duplicate" ? { ...result, verdict: "applied" } : result,
        );
        const counts = noCounts();
        countInto(counts, shown);
        const { done: _, ...byVerdict } = counts;
        return { counts: byVerdict, lines: shown.map((result) => JSON.stringify(result)) };
      });
      verdicts.catch(() => {});
      return { verdicts };
    },
  };
}
