/**
 * A lane: one connection, at most two groups in flight, a queue of jobs of its own partitions.
 *
 * Modes: idle → running → idle; held while a group that spans lanes runs elsewhere. There is no timer: while a group is
 * being committed the next one gathers, so an idle lane answers at once and a busy one makes larger groups by itself.
 * The next group is sent before the callers of the last one are answered: behind it where it can be decided ahead,
 * otherwise when it has ended. A group that failed is tried again only when nothing else is in flight, and before
 * whatever was sent behind it, so the jobs keep their order.
 */
import type { Clock } from "../lib/clock.ts";
import { endOfTurn } from "../lib/turn.ts";
import type { GiveAnswers } from "./finish-group.ts";
import type { GroupRunner } from "./group-runner.ts";
import type { Job } from "./job.ts";
import { JobQueue } from "./job-queue.ts";
import type { Flight } from "./runner-context.ts";

const nothing: GiveAnswers = () => {};

export class Lane {
  readonly #runner: GroupRunner;
  readonly queue: JobQueue;
  #running: Promise<void> | null = null;
  #holds = 0;
  #whenFree: (() => void)[] = [];
  /** Wakes whoever waits for something that could be sent behind the group in flight. */
  #stir: () => void = nothing;

  constructor(runner: GroupRunner, clock: Clock) {
    this.#runner = runner;
    this.queue = new JobQueue(clock);
  }

  push(job: Job): void {
    this.queue.push(job);
    this.#stir();
    this.#wake();
  }

  /** Waits for what is in flight and starts no other until the returned function is called. */
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
    let front: Flight | null = null;
    // Requests that arrived together belong into one group: the first of them does not run ahead of the others.
    await endOfTurn();
    while (front !== null || (!this.queue.isEmpty && this.#holds === 0)) {
      front ??= this.#launch();
      answer();
      answer = nothing;
      if (front === null) continue;
      const behind = await this.#launchBehind(front);
      answer = (await front.ended) ?? (await again(front, behind));
      front = behind;
    }
    this.#running = null;
    answer();
    for (const resolve of this.#whenFree.splice(0)) resolve();
    this.#wake();
  }

  #launch(): Flight | null {
    const group = this.queue.take();
    return group.length > 0 ? this.#runner.launch(group) : null;
  }

  /** Waits for jobs that can be decided ahead until the group in front has ended. @returns what was sent behind it */
  async #launchBehind(front: Flight): Promise<Flight | null> {
    let hasEnded = false;
    void front.ended.then(() => {
      hasEnded = true;
      this.#stir();
    });
    const sent = await front.sent;
    while (sent !== null) {
      // What arrives in the same turn belongs into one group, and a group that has ended needs nothing behind it.
      await endOfTurn();
      if (hasEnded) break;
      if (!this.queue.isEmpty && this.#holds === 0) return this.#runner.launchBehind(sent, front.ended, this.queue);
      await new Promise<void>((resolve) => {
        this.#stir = resolve;
      });
    }
    return null;
  }
}

/** Runs a group whose try failed; what was sent behind it has ended by then, so nothing comes in between. */
async function again(front: Flight, behind: Flight | null): Promise<GiveAnswers> {
  await behind?.ended;
  return front.again();
}
