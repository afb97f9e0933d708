/**
 * The device's side of its log: gives numbers to lines, sends batches of them, and tells the server what the device's clock
 * shows and how long requests take, so that it can read their times.
 *
 * Invariants. Numbers count up by one in the order in which lines were noted, without a gap: a number is given when a
 * line is sent first, and stored with it, in one step with the last number given, before anything is sent. The first
 * request of a run has no lines: it measures the way, and says what of the log the server has, so a device that forgot
 * its numbers goes on behind them.
 */
import type { SyncAnswer } from "@onhand/protocol/sync";
import type { Answer } from "../answer.ts";
import type { Call } from "../call.ts";
import { request, type Transport } from "../request.ts";
import { operationOf } from "./fact.ts";
import { offlineLimits } from "./limits.ts";
import type { QueueStore, StoredLine, StoredLog } from "./store.ts";

/** What the server says about a line. */
export type LineVerdict = SyncAnswer["results"][number];

/** Numbers of a log that are one after the other. */
export type LineRange = SyncAnswer["missing"][number];

/** How the log stands, as far as the server has said. */
export interface LogStatus {
  readonly deviceId: string;
  /** The last number that was given. */
  readonly lastSequence: number;
  /** The server has everything up to here; null before it was asked. */
  readonly acknowledgedThrough: number | null;
  /** What the server asks for, as of its last answer. */
  readonly missing: readonly LineRange[];
  /** The device's clock: what the server adds to its times, and how far that may be off. */
  readonly clock: SyncAnswer["clock"] | null;
}

export interface DeviceLogOptions {
  readonly http: Transport;
  readonly store: QueueStore;
  /** Source whose codes the lines use. */
  readonly sourceId: string | undefined;
  readonly signal: AbortSignal;
}

/** Round trips that are remembered; the longest of them is told. */
const tripsMax = 4;
const tripMsMax = 600_000;

export class DeviceLog {
  readonly #options: DeviceLogOptions;
  #log: StoredLog;
  #answer: SyncAnswer | null = null;
  #tripsMs: number[] = [];
  #linesMax: number = offlineLimits.batchLinesMax;

  constructor(log: StoredLog, options: DeviceLogOptions) {
    this.#log = log;
    this.#options = options;
  }

  get status(): LogStatus {
    const { deviceId, lastSequence } = this.#log;
    const { acknowledgedThrough = null, missing = [], clock = null } = this.#answer ?? {};
    return { deviceId, lastSequence, acknowledgedThrough, missing, clock };
  }

  /** How many lines the next batch may have. */
  get linesMax(): number {
    return this.#linesMax;
  }

  /** A batch did not come through: the next ones are smaller. */
  shrink(lines: number): void {
    this.#linesMax = Math.max(1, Math.ceil(lines / 2));
  }

  /** Asks how the log stands, and sends nothing. @throws what kept the server from answering */
  async greet(): Promise<SyncAnswer> {
    return (await this.#post([])).body;
  }

  /** Whether the server has said in this run how the log stands. */
  get isGreeted(): boolean {
    return this.#answer !== null;
  }

  /** Gives numbers to lines that have none. @returns all of them, stored and with their numbers */
  async number(lines: readonly StoredLine[]): Promise<readonly StoredLine[]> {
    let { lastSequence } = this.#log;
    const numbered = lines.map((line): StoredLine => {
      if (line.sequence !== null) return line;
      lastSequence += 1;
      return { ...line, sequence: lastSequence, state: "sent" };
    });
    if (lastSequence > this.#log.lastSequence) {
      const log = { ...this.#log, lastSequence };
      const isNew = (line: StoredLine, index: number): boolean => line !== lines[index];
      await this.#options.store.write([log, ...numbered.filter(isNew)], []);
      this.#log = log;
    }
    return numbered;
  }

  /** Sends lines that have numbers. @returns a verdict for each, in order @throws what kept the server from answering */
  async send(lines: readonly StoredLine[]): Promise<Answer<SyncAnswer>> {
    const answer = await this.#post(lines);
    this.#linesMax = Math.min(offlineLimits.batchLinesMax, this.#linesMax * 2);
    return answer;
  }

  async #post(lines: readonly StoredLine[]): Promise<Answer<SyncAnswer>> {
    const { http, signal } = this.#options;
    const startedAtMs = http.clock.monotonicMs();
    const call: Call = { method: "POST", path: "/v1/sync/batch", writes: true, body: this.#bodyOf(lines) };
    const answer = await request<SyncAnswer>(http, call, { retry: false, signal });
    const tripMs = Math.min(tripMsMax, Math.max(0, Math.ceil(http.clock.monotonicMs() - startedAtMs)));
    this.#tripsMs = [...this.#tripsMs, tripMs].slice(-tripsMax);
    const { body } = answer;
    if (!Array.isArray(body.results) || body.results.length !== lines.length)
      throw new Error(`the server answered ${body.results?.length} lines of ${lines.length}`);
    await this.#goOnBehind(body.lastSequence);
    this.#answer = body;
    return answer;
  }

  #bodyOf(lines: readonly StoredLine[]): object {
    const { http, sourceId } = this.#options;
    const { deviceId, lastSequence } = this.#log;
    const nowMs = http.clock.nowMs();
    return {
      deviceId,
      operations: lines.map(operationOf),
      lastSequence,
      // A clock beyond what can be written tells nothing.
      ...(nowMs >= 0 && nowMs < Date.UTC(9999, 0) ? { deviceTime: new Date(nowMs).toISOString() } : {}),
      ...(this.#tripsMs.length === 0 ? {} : { roundTripMs: Math.max(...this.#tripsMs) }),
      ...(sourceId === undefined ? {} : { sourceId }),
    };
  }

  /** The server knows of more numbers than this store: it was set up anew, or restored. They are not given again. */
  async #goOnBehind(lastSequence: number): Promise<void> {
    if (!(lastSequence > this.#log.lastSequence)) return;
    const log = { ...this.#log, lastSequence };
    await this.#options.store.write([log], []);
    this.#log = log;
  }
}
