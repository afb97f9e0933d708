import { type MachineCpu, readMachineCpu } from "./machine-cpu.ts";
import { familyCpuSeconds, processCpuSeconds } from "./process-table.ts";

/** The processes of one run. */
export interface MeteredProcesses {
  readonly serverPid: number | null;
  readonly postmasterPid: number | null;
  readonly loadPid: number;
  /** Further processes that belong to the run, such as readers. */
  readonly otherPids?: readonly number[];
}

/** CPU seconds spent in the measured window. Null is "not known here". */
export interface CpuSpent {
  readonly serverSeconds: number | null;
  readonly postgresSeconds: number | null;
  readonly loadSeconds: number | null;
  /** In the order of `otherPids`. */
  readonly otherSeconds: readonly (number | null)[];
  /** Share of the machine that was stolen by its host, 0 to 1. */
  readonly stolenShare: number | null;
  /** Share of the machine that went to processes which are no part of the run. */
  readonly elsewhereShare: number | null;
}

/** Reads the counters twice and reports the difference. */
export class CpuMeter {
  readonly #processes: MeteredProcesses;
  readonly #before: Reading;

  constructor(processes: MeteredProcesses) {
    this.#processes = processes;
    this.#before = read(processes);
  }

  /** What was spent since the meter was made. */
  stop(): CpuSpent {
    const after = read(this.#processes);
    const before = this.#before;
    const serverSeconds = difference(after.server, before.server);
    const postgresSeconds = difference(after.postgres, before.postgres);
    const loadSeconds = difference(after.load, before.load);
    const otherSeconds = after.others.map((seconds, index) => difference(seconds, before.others[index]!));
    const ours = [serverSeconds, postgresSeconds, loadSeconds, ...otherSeconds].reduce<number>(
      (sum, seconds) => sum + (seconds ?? 0),
      0,
    );
    return { serverSeconds, postgresSeconds, loadSeconds, otherSeconds, ...lost(before.machine, after.machine, ours) };
  }
}

interface Reading {
  readonly machine: MachineCpu | null;
  readonly server: number | null;
  readonly postgres: number | null;
  readonly load: number | null;
  readonly others: readonly (number | null)[];
}

function read({ serverPid, postmasterPid, loadPid, otherPids = [] }: MeteredProcesses): Reading {
  return {
    machine: readMachineCpu(),
    server: serverPid === null ? null : processCpuSeconds(serverPid),
    postgres: postmasterPid === null ? null : familyCpuSeconds(postmasterPid),
    load: processCpuSeconds(loadPid),
    others: otherPids.map(processCpuSeconds),
  };
}

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}

function lost(before: MachineCpu | null, after: MachineCpu | null, oursSeconds: number) {
  if (before === null || after === null) return { stolenShare: null, elsewhereShare: null };
  const totalSeconds = Math.max(after.totalSeconds - before.totalSeconds, 0.01);
  const elsewhereSeconds = after.busySeconds - before.busySeconds - oursSeconds;
  return {
    stolenShare: (after.stealSeconds - before.stealSeconds) / totalSeconds,
    elsewhereShare: Math.max(elsewhereSeconds, 0) / totalSeconds,
  };
}
