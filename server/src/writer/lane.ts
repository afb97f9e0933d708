/**
 * A lane: one connection, one group in flight, a queue of jobs of its own partitions.
 *
 * Modes: idle → running → idle; held while a group that spans lanes runs elsewhere. There is no timer: while a group is
 * being committed the next one gathers, so an idle lane answers at once and a busy one makes larger groups by itself.
 * The next group is sent before the callers of the last one are answered.
 */
import type { Clock } from "../lib/clock.ts";
import { endOfTurn } from "../lib/turn.ts";
import type { GiveAnswers, GroupRunner } from "./group-runner.ts";
import type { Job } from "./job.ts";
import { JobQueue } from "./job-queue.ts";

const nothing: GiveAnswers = () => {};

export class Lane {
  readonly #runner: GroupRunner;
  readonly queue: JobQueue;
  #running: Promise<void> | null = null;
  #holds = 0;
  #whenFree: (() => void)[] = [];

  constructor(runner: GroupRunner, clock: Clock) {
    this.#runner = runner;
    this.queue = new JobQueue(clock);
  }

  push(job: Job): void {
    this.queue.push(job);
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
    while (this.#running !== null || !this.queue.isEmpty) {
      await (this.#running ?? new Promise<void>((resolve) => this.#whenFree.push(resolve)));
    }
  }

  #wake(): void {
    if (this.#running !== null || this.#holds > 0 || this.queue.isEmpty) return;
    this.#running = this.#work();
  }

  async #work(): Promise<void> {
    let answer = nothing;
    // Requests that arrived together belong into one group: the first of them does not run ahead of the others.
    await endOfTurn();
    while (!this.queue.isEmpty && this.#holds === 0) {
      const group = this.queue.take();
      const running = group.length > 0 ? this.#runner.run(group) : Promise.resolve(nothing);
      answer();
      answer = await running;
    }
    this.#running = null;
    answer();
    for (const resolve of this.#whenFree.splice(0)) resolve();
    this.#wake();
  }
}
