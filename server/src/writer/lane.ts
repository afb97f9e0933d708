/**
 * A lane: one connection, one group in flight, a queue of jobs of its own partitions.
 *
 * Modes: idle → running → idle; held while a group that spans lanes runs elsewhere. There is no timer: while a group is
 * being committed the next one gathers, so an idle lane answers at once and a busy one makes larger groups by itself.
 * The next group is sent before the callers of the last one are answered.
 */
import { limits } from "../core/limits.ts";
import type { Clock } from "../lib/clock.ts";
import { endOfTurn } from "../lib/turn.ts";
import { Overloaded } from "./errors.ts";
import type { GiveAnswers, GroupRunner } from "./group-runner.ts";
import type { Job } from "./job.ts";

export const laneLimits = {
  /** A job that waited longer than this is refused before it costs the database anything. */
  queueAgeMsMax: 10_000,
} as const;

export class Lane {
  readonly #runner: GroupRunner;
  readonly #clock: Clock;
  #queue: Job[] = [];
  #running: Promise<void> | null = null;
  #holds = 0;
  #whenFree: (() => void)[] = [];
  /** Entries that the queued jobs may append. */
  queuedSize = 0;

  constructor(runner: GroupRunner, clock: Clock) {
    this.#runner = runner;
    this.#clock = clock;
  }

  get oldestQueuedAtMs(): number | null {
    return this.#queue[0]?.queuedAtMs ?? null;
  }

  push(jobs: readonly Job[]): void {
    for (const job of jobs) {
      this.#queue.push(job);
      this.queuedSize += job.size;
    }
    this.#wake();
  }

  /** Waits for the group in flight and starts no other until the returned function is called. */
  async hold(): Promise<() => void> {
    this.#holds += 1;
    await this.#running;
    return () => {
      this.#holds -= 1;
      this.#wake();
    };
  }

  /** Resolves when nothing is queued or in flight. */
  async drained(): Promise<void> {
    while (this.#running !== null || this.#queue.length > 0) {
      await (this.#running ?? new Promise<void>((resolve) => this.#whenFree.push(resolve)));
    }
  }

  #wake(): void {
    if (this.#running !== null || this.#holds > 0 || this.#queue.length === 0) return;
    this.#running = this.#work();
  }

  async #work(): Promise<void> {
    let answer: GiveAnswers = () => {};
    // Requests that arrived together belong into one group: the first of them does not run ahead of the others.
    await endOfTurn();
    while (this.#queue.length > 0 && this.#holds === 0) {
      const group = this.#take();
      const running = group.length > 0 ? this.#runner.run(group) : Promise.resolve(() => {});
      answer();
      answer = await running;
    }
    this.#running = null;
    answer();
    for (const resolve of this.#whenFree.splice(0)) resolve();
    this.#wake();
  }

  /** The next group: jobs in order up to the limit of a group; a solo job goes alone. */
  #take(): Job[] {
    const group: Job[] = [];
    const oldestAllowedMs = this.#clock.monotonicMs() - laneLimits.queueAgeMsMax;
    let size = 0;
    let taken = 0;
    for (const job of this.#queue) {
      if (group.length > 0 && (job.isSolo || size + job.size > limits.groupEntriesMax)) break;
      taken += 1;
      this.queuedSize -= job.size;
      if (job.queuedAtMs < oldestAllowedMs) {
        job.fail(new Overloaded("the command waited too long in the queue; nothing was changed"));
        continue;
      }
      group.push(job);
      size += job.size;
      if (job.isSolo) break;
    }
    this.#queue = taken === this.#queue.length ? [] : this.#queue.slice(taken);
    return group;
  }
}
