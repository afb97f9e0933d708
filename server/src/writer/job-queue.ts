/** Jobs in the order they came, handed out in groups. Full when the writer says so; too old ones are refused here. */
import { limits } from "../core/limits.ts";
import type { Clock } from "../lib/clock.ts";
import { Overloaded } from "./errors.ts";
import type { Job } from "./job.ts";

const queueLimits = {
  /** A job that waited longer than this is refused before it costs the database anything. */
  ageMsMax: 10_000,
} as const;

export class JobQueue {
  readonly #clock: Clock;
  #jobs: Job[] = [];
  /** Entries that the queued jobs may append. */
  size = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#jobs.length === 0;
  }

  /** When the job in front was queued, on the monotonic clock; null when there is none. */
  get oldestAtMs(): number | null {
    return this.#jobs[0]?.queuedAtMs ?? null;
  }

  push(job: Job): void {
    this.#jobs.push(job);
    this.size += job.size;
  }

  /** The next group: jobs in order up to the limit of a group; a solo job goes alone. Empty when all were too old. */
  take(): Job[] {
    const group: Job[] = [];
    const oldestAllowedMs = this.#clock.monotonicMs() - queueLimits.ageMsMax;
    let weight = 0;
    let taken = 0;
    for (const job of this.#jobs) {
      if (group.length > 0 && (job.isSolo || weight + job.weight > limits.groupEntriesMax)) break;
      taken += 1;
      this.size -= job.size;
      if (job.queuedAtMs < oldestAllowedMs) {
        job.fail(new Overloaded("the command waited too long in the queue"));
        continue;
      }
      group.push(job);
      weight += job.weight;
      if (job.isSolo) break;
    }
    this.#jobs = taken === this.#jobs.length ? [] : this.#jobs.slice(taken);
    return group;
  }
}
