/**
 * A closed-loop run: every connection sends its next request when it has the answer to the last.
 *
 * Phases: warm-up, measuring, draining, finished. Requests sent while measuring are measured, whenever they end. A
 * run by time sums the rates of its connections, each by its own time from first request to last answer: with few long
 * requests (bulk) a rate by the clock would jump by a whole request.
 * When a connection is lost it is opened again; after too many losses the run fails rather than report nonsense.
 */

import { WORKLOADS } from "../workloads/workloads.ts";
import type { LoadJob, LoadResult } from "./job.ts";
import { LatencyRecorder } from "./latency-recorder.ts";
import { type ConnectionEvents, LoadConnection } from "./load-connection.ts";
import { Random } from "./random.ts";
import type { RequestOrigin } from "./request-template.ts";
import { Tally } from "./tally.ts";

/** Lost connections after which a run gives up. */
const CONNECTION_ERROR_MAX = 100;
/** Longest wait for the last answers. */
const DRAIN_SECONDS_MAX = 120;

/** Told when the measured window begins and ends. */
export interface LoadPhases {
  onMeasuring(): void;
  onMeasured(): void;
}

/** Runs one job to its end. */
export async function runLoad(job: LoadJob, phases: LoadPhases): Promise<LoadResult> {
  const run = new LoadRun(job, phases);
  try {
    return await run.execute();
  } finally {
    run.close();
  }
}

class LoadRun implements ConnectionEvents {
  readonly #job: LoadJob;
  readonly #phases: LoadPhases;
  readonly #hostname: string;
  readonly #port: number;
  readonly #connections: LoadConnection[];
  readonly #latency = new LatencyRecorder();
  readonly #measured = new Tally();
  readonly #lifetime = new Tally();
  readonly #window = Promise.withResolvers<void>();
  readonly #drained = Promise.withResolvers<void>();
  #phase: "warm-up" | "measuring" | "draining" | "finished" = "warm-up";
  #measuredSent = 0;
  #connectionErrors = 0;

  constructor(job: LoadJob, phases: LoadPhases) {
    this.#job = job;
    this.#phases = phases;
    const url = new URL(job.url);
    this.#hostname = url.hostname;
    this.#port = Number(url.port || 80);
    const origin: RequestOrigin = { host: url.host, bearer: job.bearer, extraHeaders: job.extraHeaders ?? {} };
    const keyRandom = new Random((Date.now() ^ (process.pid << 16)) >>> 0);
    const makeSource = WORKLOADS[job.workload];
    this.#connections = Array.from({ length: job.connections }, (_, connectionIndex) => {
      const random = new Random(job.seed * 100_003 + connectionIndex);
      return new LoadConnection(makeSource({ job, origin, connectionIndex, random, keyRandom }), this);
    });
  }

  async execute(): Promise<LoadResult> {
    await Promise.all(this.#connections.map((connection) => connection.open(this.#hostname, this.#port)));
    if (this.#job.warmUpSeconds > 0) {
      for (const connection of this.#connections) connection.send(false);
      await Promise.race([Bun.sleep(this.#job.warmUpSeconds * 1000), this.#window.promise]);
    }
    const startedAtMs = this.#startMeasuring();
    const byTime = this.#job.requestCount === undefined ? Bun.sleep(this.#job.seconds * 1000) : null;
    await (byTime === null ? this.#window.promise : Promise.race([byTime, this.#window.promise]));
    const windowSeconds = (performance.now() - startedAtMs) / 1000;
    this.#phase = "draining";
    this.#phases.onMeasured();
    await this.#drain();
    this.#phase = "finished";
    return this.#result(windowSeconds);
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  onResponse(connection: LoadConnection, nowMs: number): boolean {
    const isOk = connection.status >= 200 && connection.status <= 299;
    const units = isOk ? connection.source.unitsIn(connection.body) : 0;
    this.#lifetime.add(connection.status, units);
    if (connection.isMeasured) {
      this.#measured.add(connection.status, units);
      this.#latency.record((nowMs - connection.sentAtMs) * 1000);
      connection.lastAnsweredAtMs = nowMs;
      connection.measuredUnits += units;
      if (isOk) connection.measuredOk++;
    }
    return this.#sendNext(connection);
  }

  onLost(connection: LoadConnection, cause: string): void {
    if (this.#phase === "finished") return;
    this.#connectionErrors++;
    if (this.#connectionErrors > CONNECTION_ERROR_MAX) {
      this.#fail(new Error(`more than ${CONNECTION_ERROR_MAX} connections lost, the last one with: ${cause}`));
      return;
    }
    connection.open(this.#hostname, this.#port).then(
      () => this.#sendNext(connection),
      (error) => this.#fail(new Error(`cannot connect to ${this.#job.url}: ${error}`)),
    );
  }

  /** Sends another request if the phase asks for one. */
  #sendNext(connection: LoadConnection): boolean {
    if (this.#phase === "warm-up") {
      connection.send(false);
      return true;
    }
    if (this.#phase === "measuring" && this.#measuredSent < (this.#job.requestCount ?? Number.POSITIVE_INFINITY)) {
      this.#measuredSent++;
      connection.send(true);
      return true;
    }
    if (this.#phase === "measuring") this.#window.resolve();
    if (this.#phase === "draining" && this.#connections.every((each) => !each.isBusy)) this.#drained.resolve();
    return false;
  }

  #startMeasuring(): number {
    this.#phase = "measuring";
    this.#phases.onMeasuring();
    // Without a warm-up nothing is under way yet; with one, each connection goes on when its answer arrives.
    for (const connection of this.#connections) if (!connection.isBusy) this.#sendNext(connection);
    return performance.now();
  }

  async #drain(): Promise<void> {
    if (this.#connections.every((connection) => !connection.isBusy)) return;
    const limit = Bun.sleep(DRAIN_SECONDS_MAX * 1000).then(() => {
      throw new Error(`no answer for ${DRAIN_SECONDS_MAX} s after the end of the run`);
    });
    await Promise.race([this.#drained.promise, limit]);
  }

  #fail(error: Error): void {
    this.#phase = "finished";
    this.#window.reject(error);
    this.#drained.reject(error);
    this.#drained.promise.catch(() => undefined);
    this.#window.promise.catch(() => undefined);
  }

  /** By time: each connection's own rate, summed. By count: all requests by the time from the first to the last answer. */
  #rates(): { okPerSecond: number; unitsPerSecond: number } {
    const used = this.#connections.filter((connection) => connection.lastAnsweredAtMs > 0);
    const firstSentAtMs = Math.min(...used.map((connection) => connection.firstSentAtMs));
    const lastAnsweredAtMs = Math.max(...used.map((connection) => connection.lastAnsweredAtMs));
    const rates = { okPerSecond: 0, unitsPerSecond: 0 };
    for (const connection of used) {
      const busyMs =
        this.#job.requestCount === undefined
          ? connection.lastAnsweredAtMs - connection.firstSentAtMs
          : lastAnsweredAtMs - firstSentAtMs;
      rates.okPerSecond += (connection.measuredOk * 1000) / busyMs;
      rates.unitsPerSecond += (connection.measuredUnits * 1000) / busyMs;
    }
    return rates;
  }

  #result(windowSeconds: number): LoadResult {
    return {
      job: this.#job,
      measured: this.#measured.counts(),
      lifetime: this.#lifetime.counts(),
      windowSeconds,
      ...this.#rates(),
      latency: this.#latency.summary(),
      connectionErrors: this.#connectionErrors,
      answers: [],
    };
  }
}
