import type { BatchedSqlJob, BatchedSqlMessage } from "../plain-batched-sql.ts";
import type { AuditFinding } from "../targets/target.ts";
import { INITIAL_STOCK, SPREAD_PRODUCT_COUNT } from "../workloads/names.ts";
import { DEFAULT_PLAN } from "../yardstick/plans.ts";
import { openBenchDatabase } from "./bench-database.ts";
import { CpuMeter, type CpuSpent } from "./cpu-meter.ts";
import { startJsonProcess } from "./json-process.ts";
import type { Measurement } from "./measurement.ts";
import { microsecondsPerUnit } from "./per-unit.ts";
import { familyMemoryBytes } from "./process-table.ts";

const SCRIPT = new URL("../plain-batched-sql.ts", import.meta.url).pathname;

/** Measures the batched SQL yardstick on a fresh database of its own, with its audit. */
export async function runBatchedSql(
  scratchDir: string,
  round: { readonly number: number; readonly warmUpSeconds: number; readonly seconds: number; readonly rows: number },
): Promise<{ measurement: Measurement; findings: readonly AuditFinding[] }> {
  const database = await openBenchDatabase(scratchDir, `batched-sql-${round.number}`);
  try {
    const job: BatchedSqlJob = {
      databaseUrl: database.url,
      plan: DEFAULT_PLAN,
      rowsPerTransaction: round.rows,
      warmUpSeconds: round.warmUpSeconds,
      seconds: round.seconds,
      productCount: SPREAD_PRODUCT_COUNT,
      initialStock: INITIAL_STOCK,
      seed: round.number,
    };
    const child = startJsonProcess<BatchedSqlMessage>(SCRIPT, job);
    const processes = { serverPid: null, postmasterPid: database.postmasterPid, loadPid: child.pid };
    let meter: CpuMeter | null = null;
    let cpu: CpuSpent | null = null;
    for await (const message of child.messages) {
      if (message.phase === "measuring") meter = new CpuMeter(processes);
      else if (message.phase === "measured") cpu = meter?.stop() ?? null;
      else if (cpu !== null) {
        const { rows, rowsPerSecond, findings } = message.result;
        const postgresBytes = database.postmasterPid === null ? null : familyMemoryBytes(database.postmasterPid);
        return { findings, measurement: { ...inNumbers(rows, rowsPerSecond, cpu), postgresBytes } };
      }
    }
    throw new Error("the batched SQL yardstick ended without a result");
  } finally {
    await database.stop();
  }
}

/** The writing process stands in the place of the load generator: it has no server. */
function inNumbers(rows: number, rowsPerSecond: number, cpu: CpuSpent) {
  return {
    unitsPerSecond: rowsPerSecond,
    requests: 0,
    notOkByStatus: {},
    connectionErrors: 0,
    latency: null,
    cpu,
    serverUs: null,
    postgresUs: microsecondsPerUnit(cpu.postgresSeconds, rows),
    loadUs: microsecondsPerUnit(cpu.loadSeconds, rows),
    serverPeakBytes: null,
    stagesUs: {},
  };
}
