/**
 * A run at a fixed rate: requests leave when they are due, whether or not earlier ones were answered. A request that finds
 * no idle connection leaves as soon as there is one; its latency counts from when it was due, so that a stall shows in all
 * requests that it held up.
 */

import { WORKLOADS } from "../workloads/workloads.ts";
import type { LoadJob, LoadResult, WriteAnswer } from "./job.ts";
import { LatencyRecorder } from "./latency-recorder.ts";
import { type ConnectionEvents, LoadConnection } from "./load-connection.ts";
import type { LoadPhases } from "./load-run.ts";
import { Random } from "./random.ts";
import { Tally } from "./tally.ts";
import { wallMs } from "./wall-clock.ts";

const TICK_MS = 1;
const DRAIN_MS_MAX = 120_000;
/** The reference of a request: five digits of the connection, eleven of the line. */
const REFERENCES_PER_CONNECTION = 1e11;

/** Runs one job with `requestsPerSecond` to its end. */
export async function runPaced(job: LoadJob, phases: LoadPhases): Promise<LoadResult> {
  const run = new PacedRun(job);
  try {
    return await run.execute(phases);
  } finally {
    run.close();
  }
}

interface Sent {
  readonly isMeasured: boolean;
  readonly dueAtMs: number;
  readonly sentAtMs: number;
  readonly firstReference: number;
}

class PacedRun implements ConnectionEvents {
  readonly #job: LoadJob;
  readonly #idle: LoadConnection[];
  readonly #connections: readonly LoadConnection[];
  readonly #sent = new Map<LoadConnection, Sent>();
  readonly #requestCounts = new Map<LoadConnection, number>();
  readonly #latency = new LatencyRecorder();
  readonly #measured = new Tally();
  readonly #lifetime = new Tally();
  readonly #answers: WriteAnswer[] = [];
  readonly #lost = Promise.withResolvers<never>();

  constructor(job: LoadJob) {
    this.#job = job;
    this.#lost.promise.catch(() => undefined);
    const origin = { host: new URL(job.url).host, bearer: job.bearer, extraHeaders: job.extraHeaders ?? {} };
    const keyRandom = new Random((Date.now() ^ (process.pid << 16)) >>> 0);
    this.#connections = Array.from({ length: job.connections }, (_, connectionIndex) => {
      const random = new Random(job.seed * 100_003 + connectionIndex);
      return new LoadConnection(WORKLOADS[job.workload]({ job, origin, connectionIndex, random, keyRandom }), this);
    });
    this.#idle = [...this.#connections];
  }

  async execute(phases: LoadPhases): Promise<LoadResult> {
    const { hostname, port } = new URL(this.#job.url);
    await Promise.all(this.#connections.map((connection) => connection.open(hostname, Number(port || 80))));
    await this.#send(this.#job.warmUpSeconds, false);
    phases.onMeasuring();
    const startedAtMs = performance.now();
    await this.#send(this.#job.seconds, true);
    const windowSeconds = (performance.now() - startedAtMs) / 1000;
    phases.onMeasured();
    const endsAtMs = performance.now() + DRAIN_MS_MAX;
    while (this.#sent.size > 0) {
      if (performance.now() > endsAtMs)
        throw new Error(`no answer for ${DRAIN_MS_MAX / 1000} s after the end of the run`);
      await Promise.race([Bun.sleep(TICK_MS), this.#lost.promise]);
    }
    const measured = this.#measured.counts();
    return {
      job: this.#job,
      measured,
      lifetime: this.#lifetime.counts(),
      windowSeconds,
      okPerSecond: measured.ok / windowSeconds,
      unitsPerSecond: measured.units / windowSeconds,
      latency: this.#latency.summary(),
      connectionErrors: 0,
      answers: this.#answers,
    };
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  onResponse(connection: LoadConnection): boolean {
    const { isMeasured, dueAtMs, sentAtMs, firstReference } = this.#sent.get(connection)!;
    const answeredAtMs = wallMs();
    const isOk = connection.status >= 200 && connection.status <= 299;
    const units = isOk ? connection.source.unitsIn(connection.body) : 0;
    this.#lifetime.add(connection.status, units);
    if (isMeasured) {
      this.#measured.add(connection.status, units);
      this.#latency.record((answeredAtMs - dueAtMs) * 1000);
      if (isOk) this.#answers.push({ firstReference, lines: this.#lines, sentAtMs, answeredAtMs });
    }
    this.#sent.delete(connection);
    this.#idle.push(connection);
    return false;
  }

  onLost(_connection: LoadConnection, cause: string): void {
    this.#lost.reject(new Error(`a connection was lost: ${cause}`));
  }

  get #lines(): number {
    return Math.max(this.#job.linesPerRequest, 1);
  }

  async #send(seconds: number, isMeasured: boolean): Promise<void> {
    const perSecond = this.#job.requestsPerSecond!;
    const startedAtMs = wallMs();
    const count = Math.round(seconds * perSecond);
    for (let sent = 0; sent < count; ) {
      const dueCount = Math.min(Math.floor(((wallMs() - startedAtMs) / 1000) * perSecond) + 1, count);
      while (sent < dueCount && this.#idle.length > 0)
        this.#sendOne(startedAtMs + (sent++ * 1000) / perSecond, isMeasured);
      await Promise.race([Bun.sleep(TICK_MS), this.#lost.promise]);
    }
    const leftMs = startedAtMs + seconds * 1000 - wallMs();
    if (leftMs > 0) await Bun.sleep(leftMs);
  }

  #sendOne(dueAtMs: number, isMeasured: boolean): void {
    const connection = this.#idle.shift()!;
    const number = this.#requestCounts.get(connection) ?? 0;
    this.#requestCounts.set(connection, number + 1);
    const index = this.#connections.indexOf(connection);
    const firstReference = index * REFERENCES_PER_CONNECTION + number * this.#lines + 1;
    this.#sent.set(connection, { isMeasured, dueAtMs, sentAtMs: wallMs(), firstReference });
    connection.send(isMeasured);
  }
}
