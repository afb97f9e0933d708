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
    const oldestAllowedMs = this.#oldestAllowedMs();
    const next = this.#jobs.slice(0, this.#groupLength(oldestAllowedMs));
    this.#jobs = next.length === this.#jobs.length ? [] : this.#jobs.slice(next.length);
    return next.filter((job) => {
      this.size -= job.size;
      if (job.queuedAtMs >= oldestAllowedMs) return true;
      job.fail(new Overloaded("the command waited too long in the queue"));
      return false;
    });
  }

  /** As `take`, but nothing at all unless each job of the next group will do. */
  takeIf(willDo: (job: Job) => boolean): Job[] {
    const length = this.#groupLength(this.#oldestAllowedMs());
    for (let index = 0; index < length; index++) if (!willDo(this.#jobs[index]!)) return [];
    return this.take();
  }

  #oldestAllowedMs(): number {
    return this.#clock.monotonicMs() - queueLimits.ageMsMax;
  }

  /** How many jobs from the front make up the next group, with those among them that are too old and weigh nothing. */
  #groupLength(oldestAllowedMs: number): number {
    let weight = 0;
    let length = 0;
    const walked = new Set<string>();
    for (const job of this.#jobs) {
      if (job.queuedAtMs >= oldestAllowedMs) {
        const own = job.weight + weightOfWalks(job, walked);
        if (weight > 0 && (job.isSolo || weight + own > limits.groupEntriesMax)) break;
        weight += own;
        for (const item of job.walked ?? []) walked.add(item);
        if (job.isSolo) return length + 1;
      }
      length += 1;
    }
    return length;
  }
}

/** @param walked items that the group walks already, which costs nothing more for others who count them */
const weightOfWalks = ({ walked: own }: Job, walked: ReadonlySet<string>): number =>
  own === undefined ? 0 : own.filter((item) => !walked.has(item)).length * limits.countWeight;
