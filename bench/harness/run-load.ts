import type { LoadJob, LoadMessage, LoadResult } from "../load/job.ts";
import type { RunningTarget } from "../targets/target.ts";
import { CpuMeter, type CpuSpent } from "./cpu-meter.ts";
import { startJsonProcess } from "./json-process.ts";
import type { Measurement } from "./measurement.ts";
import { microsecondsPerUnit } from "./per-unit.ts";
import { familyMemoryBytes, peakMemoryBytes } from "./process-table.ts";
import { readStages, type StageReading, stagesPerUnitUs } from "./stage-columns.ts";

const LOAD_MAIN = new URL("../load/main.ts", import.meta.url).pathname;

/** A measured run and what its clients were told. */
export interface LoadOutcome {
  readonly measurement: Measurement;
  readonly result: LoadResult;
}

/** Others that take part in a run. */
export interface LoadCompany {
  /** Their CPU is read beside that of the server. */
  readonly otherPids: readonly number[];
  onMeasuring(): void;
  onMeasured(): void;
}

/** Runs one job against one target, reading the CPU counters where the measured window begins and ends. */
export async function runLoadJob(
  target: RunningTarget,
  job: Omit<LoadJob, "url" | "bearer">,
  company?: LoadCompany,
): Promise<LoadOutcome> {
  const whole: LoadJob = { ...job, url: target.url, bearer: target.bearer };
  const child = startJsonProcess<LoadMessage>(LOAD_MAIN, whole);
  let meter: CpuMeter | null = null;
  let cpu: CpuSpent | null = null;
  let stagesBefore: Promise<StageReading> = Promise.resolve(new Map());
  let stagesAfter: Promise<StageReading> = stagesBefore;
  let postgresBytes: number | null = null;
  for await (const message of child.messages) {
    if (message.phase === "measuring") {
      const { serverPid, postmasterPid } = target;
      meter = new CpuMeter({ serverPid, postmasterPid, loadPid: child.pid, otherPids: company?.otherPids ?? [] });
      company?.onMeasuring();
      stagesBefore = readStages(target.url, target.bearer);
    } else if (message.phase === "measured") {
      cpu = meter?.stop() ?? null;
      company?.onMeasured();
      stagesAfter = readStages(target.url, target.bearer);
      postgresBytes = target.postmasterPid === null ? null : familyMemoryBytes(target.postmasterPid);
    } else if (cpu !== null) {
      const { result } = message;
      const units = result.unitsPerSecond * result.windowSeconds;
      const stagesUs = stagesPerUnitUs(await stagesBefore, await stagesAfter, units);
      const serverPeakBytes = peakMemoryBytes(target.serverPid);
      return { result, measurement: { ...inNumbers(result, cpu, units), stagesUs, serverPeakBytes, postgresBytes } };
    }
  }
  throw new Error("the load generator ended without a result");
}

function inNumbers(result: LoadResult, cpu: CpuSpent, units: number) {
  return {
    unitsPerSecond: result.unitsPerSecond,
    requests: result.measured.requests,
    notOkByStatus: result.measured.notOkByStatus,
    connectionErrors: result.connectionErrors,
    latency: result.latency,
    cpu,
    serverUs: microsecondsPerUnit(cpu.serverSeconds, units),
    postgresUs: microsecondsPerUnit(cpu.postgresSeconds, units),
    loadUs: microsecondsPerUnit(cpu.loadSeconds, units),
  };
}
