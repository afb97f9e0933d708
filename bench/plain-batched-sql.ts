/**
 * The yardstick of bulk writes: what one connection takes of the same rows in plain batched SQL, 1,000 rows a
 * transaction, no HTTP, no validation. It is a process of its own and speaks like the load generator (`load/job.ts`).
 *
 *     bun bench/plain-batched-sql.ts '{"databaseUrl":"postgres://…","plan":"plain-tables","rowsPerTransaction":1000,
 *       "warmUpSeconds":1,"seconds":5,"productCount":10000,"initialStock":1000000,"seed":1}'
 */

import { Client } from "pg";
import { Random } from "./load/random.ts";
import type { AuditFinding } from "./targets/target.ts";
import type { BatchRows } from "./yardstick/batched-sql-plan.ts";
import { PLANS, type PlanName } from "./yardstick/plans.ts";

/** One run of the yardstick, or its preparation. */
export interface BatchedSqlJob {
  readonly databaseUrl: string;
  readonly plan: PlanName;
  readonly rowsPerTransaction: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly productCount: number;
  readonly initialStock: number;
  readonly seed: number;
}

/** The outcome of one run. The tables were empty before it and are audited after it. */
export interface BatchedSqlResult {
  readonly rowsPerSecond: number;
  readonly rows: number;
  readonly windowSeconds: number;
  readonly findings: readonly AuditFinding[];
}

/** A line on standard output. */
export type BatchedSqlMessage =
  | { readonly phase: "measuring" }
  | { readonly phase: "measured" }
  | { readonly phase: "finished"; readonly result: BatchedSqlResult };

/** Decides the rows, as a writer with all levels in memory would. */
class RowSource {
  readonly #job: BatchedSqlJob;
  readonly #random: Random;
  readonly #levels: Float64Array;
  readonly #versions: Float64Array;
  #rowCount = 0;

  constructor(job: BatchedSqlJob) {
    this.#job = job;
    this.#random = new Random(job.seed);
    this.#levels = new Float64Array(job.productCount).fill(job.initialStock);
    this.#versions = new Float64Array(job.productCount).fill(1);
  }

  next(): BatchRows {
    const count = this.#job.rowsPerTransaction;
    const columns = {
      productIndexes: new Uint32Array(count),
      deltas: new Int32Array(count),
      levelsAfter: new Float64Array(count),
      versionsAfter: new Float64Array(count),
      keys: new Array<string>(count),
      references: new Array<string>(count),
    };
    for (let index = 0; index < count; index++) {
      const product = this.#random.below(this.#job.productCount);
      const delta = -1 - this.#random.below(3);
      this.#levels[product]! += delta;
      this.#versions[product]! += 1;
      columns.productIndexes[index] = product;
      columns.deltas[index] = delta;
      columns.levelsAfter[index] = this.#levels[product]!;
      columns.versionsAfter[index] = this.#versions[product]!;
      // Random digits first, as in the load generator's keys.
      columns.keys[index] =
        this.#random.nextUint32().toString(16).padStart(8, "0") + String(++this.#rowCount).padStart(24, "0");
      columns.references[index] = `order-${String(this.#rowCount).padStart(16, "0")}`;
    }
    return { ...columns, requestId: crypto.randomUUID(), recordedAt: new Date() };
  }
}

function say(message: BatchedSqlMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function run(job: BatchedSqlJob): Promise<BatchedSqlResult> {
  const plan = PLANS[job.plan];
  const client = new Client({ connectionString: job.databaseUrl });
  await client.connect();
  await plan.prepare(client, job.productCount, job.initialStock);
  await client.query("VACUUM (ANALYZE)");
  await client.query("CHECKPOINT");
  const source = new RowSource(job);

  /** Writes whole transactions until the time is over; returns how many. */
  const writeFor = async (seconds: number): Promise<number> => {
    let count = 0;
    for (const endsAtMs = performance.now() + seconds * 1000; performance.now() < endsAtMs; count++) {
      await client.query("BEGIN");
      await plan.write(client, source.next());
      await client.query("COMMIT");
    }
    return count;
  };

  const warmUpTransactions = await writeFor(job.warmUpSeconds);
  say({ phase: "measuring" });
  const startedAtMs = performance.now();
  const transactions = await writeFor(job.seconds);
  const windowSeconds = (performance.now() - startedAtMs) / 1000;
  say({ phase: "measured" });
  const rows = transactions * job.rowsPerTransaction;
  const findings = await plan.audit(client, rows + warmUpTransactions * job.rowsPerTransaction + job.productCount);
  await client.end();
  return { rowsPerSecond: rows / windowSeconds, rows, windowSeconds, findings };
}

if (import.meta.main) {
  const argument = process.argv[2];
  if (argument === undefined) {
    process.stderr.write(
      "The job is missing: pass it as JSON in the first argument; the head of this file shows one.\n",
    );
    process.exit(2);
  }
  say({ phase: "finished", result: await run(JSON.parse(argument) as BatchedSqlJob) });
}
