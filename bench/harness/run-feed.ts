/**
 * Measures cells with readers of the feed: the readers are opened, then the writer begins, then every reader is awaited until
 * it has seen all that was written.
 */

import type { LoadResult } from "../load/job.ts";
import type { ReaderResult } from "../readers/job.ts";
import type { AuditFinding, RunningTarget, TargetName } from "../targets/target.ts";
import type { TargetSet } from "../targets/target-set.ts";
import { BENCH_LOCATION_ID } from "../workloads/names.ts";
import type { CpuSpent } from "./cpu-meter.ts";
import { feedFigures } from "./feed-figures.ts";
import type { Measurement } from "./measurement.ts";
import { type ReaderProcess, startReaders } from "./reader-process.ts";
import { runLoadJob } from "./run-load.ts";
import type { Cell, CellReaders, Scenario } from "./scenarios.ts";

/** More than the buffers of two kernels take: behind it, a stream that nobody reads stands still. */
const PILE_UP_LINES = 12_000;
const LINES_PER_REQUEST = 1_000;

/** How long and which one. */
export interface FeedRound {
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly round: number;
}

/** Runs the cells of one scenario; remembers what one of them must know of another. */
export class FeedRunner {
  readonly #scenario: Scenario;
  readonly #targets: TargetSet;
  /** An event as Onhand sends it, and how many it wrote a second with readers: what the bare server is to do. */
  #sample: string | null = null;
  #eventsPerSecond = 0;

  constructor(scenario: Scenario, targets: TargetSet) {
    this.#scenario = scenario;
    this.#targets = targets;
  }

  /** Measures one cell. */
  async run(name: Cell["target"], readers: CellReaders, round: FeedRound) {
    if (name === "batched-sql") throw new Error("batched SQL has no feed");
    const target = await this.#targets.get(name);
    await target.settle();
    const silent = readers.silent === 0 ? null : await this.#pileUp(name, target, readers);
    const bare = readers.areElsewhere || name === "bare-stream" ? await this.#bare() : null;
    const source = readers.areElsewhere ? bare! : target;
    const reading = readers.count === 0 ? null : await startReaders(jobOf(source, readers, readers.count, 0));

    const before = readers.areElsewhere ? await sendAtRate(bare!, this.#eventsPerSecond) : 0;
    const otherPids = [...(reading === null ? [] : [reading.pid]), ...(readers.areElsewhere ? [bare!.serverPid] : [])];
    const { result, measurement } = await this.#write(target, reading, otherPids, round);
    const sentElsewhere = readers.areElsewhere ? (await sendAtRate(bare!, 0)) - before : null;
    this.#targets.acknowledge(name, {
      changes: result.lifetime.units,
      hasLostConnections: result.connectionErrors > 0,
    });

    const passing = readers.filter === "" ? result.lifetime.units : 0;
    const expectedEvents = sentElsewhere ?? passing;
    const read = (await reading?.finish({ expectedEvents, answers: result.answers })) ?? null;
    await silent?.stop();
    const isBusiest = name === "onhand" && passing > 0 && readers.count > 0 && !readers.areElsewhere;
    if (isBusiest) {
      this.#sample = read?.sample ?? null;
      this.#eventsPerSecond = result.unitsPerSecond;
    }
    return {
      measurement: this.#measured(measurement, result, read, readers.count),
      finding: read === null ? [] : [everyEventOnce(read, readers.count)],
    };
  }

  #write(target: RunningTarget, reading: ReaderProcess | null, otherPids: number[], round: FeedRound) {
    const { workload, connections, linesPerRequest, requestsPerSecond } = this.#scenario;
    const job = {
      ...{ workload, connections, linesPerRequest, seed: round.round },
      ...{ warmUpSeconds: round.warmUpSeconds, seconds: round.seconds },
      productCount: target.productCount,
      locationId: BENCH_LOCATION_ID,
      ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    };
    return runLoadJob(target, job, {
      otherPids,
      onMeasuring: () => reading?.begin(),
      onMeasured: () => reading?.end(),
    });
  }

  #measured(measurement: Measurement, result: LoadResult, read: ReaderResult | null, readers: number): Measurement {
    const { unitsPerSecond: eventsPerSecond, windowSeconds, latency } = result;
    const cpu: CpuSpent = measurement.cpu;
    const feed = feedFigures(readers, { eventsPerSecond, windowSeconds, latency }, read, cpu);
    const unitsPerSecond = this.#scenario.unit === "deliveries" ? feed.deliveriesPerSecond : eventsPerSecond;
    return { ...measurement, unitsPerSecond, latency: feed.delays?.fromRequest ?? latency, feed };
  }

  /** Opens the streams that nobody reads and writes until their buffers are full. */
  async #pileUp(name: TargetName, target: RunningTarget, readers: CellReaders): Promise<ReaderProcess> {
    const silent = await startReaders(jobOf(target, readers, 0, readers.silent));
    const { result } = await runLoadJob(target, {
      ...{ workload: "bulk", connections: 1, linesPerRequest: LINES_PER_REQUEST, warmUpSeconds: 0, seconds: 0 },
      ...{ requestCount: PILE_UP_LINES / LINES_PER_REQUEST, productCount: target.productCount, seed: 0 },
      locationId: BENCH_LOCATION_ID,
    });
    this.#targets.acknowledge(name, { changes: result.lifetime.units, hasLostConnections: false });
    return silent;
  }

  /** The bare server, with the event that it is to send. */
  async #bare(): Promise<RunningTarget> {
    const bare = await this.#targets.get("bare-stream");
    if (this.#sample !== null) await fetch(`${bare.url}/frame`, { method: "PUT", body: this.#sample });
    return bare;
  }
}

function jobOf(target: RunningTarget, { kind, filter }: CellReaders, readers: number, silentReaders: number) {
  return { url: target.url, bearer: target.bearer, kind, filter, readers, silentReaders };
}

/** Lets the bare server send on its own, or stop. @returns events that it has sent so far */
async function sendAtRate(bare: RunningTarget, eventsPerSecond: number): Promise<number> {
  const response = await fetch(`${bare.url}/rate`, { method: "PUT", body: String(Math.round(eventsPerSecond)) });
  return ((await response.json()) as { events: number }).events;
}

function everyEventOnce({ wrongReaders, complaint }: ReaderResult, count: number): AuditFinding {
  return {
    statement: "every reader saw every event once, in the order of its partition",
    expected: `${count} readers`,
    actual: complaint === null ? `${count} readers` : `${count - wrongReaders} readers; ${complaint}`,
    holds: wrongReaders === 0,
  };
}
