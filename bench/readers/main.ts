/**
 * The readers' process: one job in, orders on standard input, lines of JSON out (see `job.ts`).
 *
 *     bun bench/readers/main.ts '{"url":"http://127.0.0.1:8080","bearer":"…","kind":"stream","readers":100,
 *       "silentReaders":0,"filter":""}'
 */

import type { ReaderJob, ReaderMessage, ReaderOrder } from "./job.ts";
import { ReadRun } from "./read-run.ts";

function say(message: ReaderMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function run(job: ReaderJob): Promise<void> {
  const readers = new ReadRun(job);
  await readers.open();
  say({ phase: "ready" });
  const failed = readers.failure;
  failed.catch(fail);
  for await (const line of console) {
    const order = JSON.parse(line) as ReaderOrder;
    if (order.order === "begin") readers.begin();
    else if (order.order === "end") readers.end();
    else return say({ phase: "finished", result: await readers.finish(order) });
  }
  throw new Error("nobody said that the run was over");
}

function fail(error: unknown): void {
  process.stderr.write(`The readers failed: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

const argument = process.argv[2];
if (argument === undefined) {
  process.stderr.write(
    "The job is missing: pass it as JSON in the first argument; bench/readers/job.ts describes it.\n",
  );
  process.exit(2);
}
await run(JSON.parse(argument) as ReaderJob).then(() => process.exit(0), fail);
