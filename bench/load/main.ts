/**
 * The load generator's process: one job in, lines of JSON out (see `job.ts`).
 *
 *     bun bench/load/main.ts '{"url":"http://127.0.0.1:8080","bearer":"…","workload":"adjust","connections":64,
 *       "warmUpSeconds":1,"seconds":5,"productCount":10000,"locationId":"bench-warehouse","linesPerRequest":0,"seed":1}'
 */

import type { LoadJob, LoadMessage } from "./job.ts";
import { runLoad } from "./load-run.ts";
import { runPaced } from "./paced-run.ts";

function say(message: LoadMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const argument = process.argv[2];
if (argument === undefined) {
  process.stderr.write("The job is missing: pass it as JSON in the first argument; bench/load/job.ts describes it.\n");
  process.exit(2);
}

try {
  const job = JSON.parse(argument) as LoadJob;
  const run = job.requestsPerSecond === undefined ? runLoad : runPaced;
  const result = await run(job, {
    onMeasuring: () => say({ phase: "measuring" }),
    onMeasured: () => say({ phase: "measured" }),
  });
  // A long result is not all written when the call returns; what ends the process would cut it off.
  const message: LoadMessage = { phase: "finished", result };
  await new Promise<void>((resolve) => process.stdout.write(`${JSON.stringify(message)}\n`, () => resolve()));
  process.exit(0);
} catch (error) {
  process.stderr.write(`The load run failed: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
