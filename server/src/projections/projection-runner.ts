/**
 * Builds one projection, on whichever server holds its lease. Modes: elsewhere (another server builds it; asked for now
 * and then) → held (batch after batch as long as there is something, then waiting) → elsewhere; stopped.
 *
 * Each entry counts once: what a batch comes to and the cursor behind it are written in one transaction, which a server
 * that lost its lease cannot commit. After any failure everything that was remembered is dropped and read again, so
 * going on after a crash is nothing special. What fails for ever stops the projection where it is, visible by its lag,
 * and never skips an entry.
 */
import type { Database } from "../db/pool.ts";
import type { SeenHeads } from "../feed/heads-watcher.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { ProjectionMetrics } from "../telemetry/projection-metrics.ts";
import { keepLease } from "./keep-lease.ts";
import type { Projection } from "./projection.ts";
import { type Held, ProjectionLost, ProjectionStore } from "./projection-store.ts";
import { entriesBehind, nextStretches } from "./stretches.ts";

export const projectionLimits = {
  leaseMs: 10_000,
  /** A lease is renewed when so much of it is over, also while a batch is worked out; one that was committed renews it, too. */
  renewAfterMs: 3_000,
  /** How often a server asks for a projection that another one builds. */
  claimEveryMs: 2_000,
  /** How long to wait when there was nothing to do. */
  idleMs: 500,
  /**
   * After a batch it rests so many times as long as that took, up to a limit: whoever sells goes first, and what gathers
   * meanwhile comes in larger batches, which cost less.
   */
  restFactor: 7,
  restMsMax: 4_000,
  /** After the first failure in a row; doubled with each. */
  retryMsMin: 500,
  retryMsMax: 30_000,
} as const;

if (
  projectionLimits.renewAfterMs + projectionLimits.restMsMax + 2 * projectionLimits.idleMs >=
  projectionLimits.leaseMs
)
  throw new Error("a lease must be renewed before it is over");

export interface ProjectionRunnerOptions {
  readonly projection: Projection;
  readonly database: Database;
  readonly serverId: string;
  /** Reads where the journal ends: all of it committed. */
  readonly heads: () => Promise<SeenHeads>;
  readonly clock: Clock;
  readonly metrics: ProjectionMetrics;
  readonly logger: Pick<Logger, "warn" | "info">;
}

/** What a step came to: another server's, nothing to do, or so many entries further. */
export type Step = "elsewhere" | "idle" | { readonly passed: number; readonly tookMs: number };

/** With the monotonic time of the last renewal. */
type Holding = Held & { readonly renewedAtMs: number };

export class ProjectionRunner {
  readonly #options: ProjectionRunnerOptions;
  readonly #store: ProjectionStore;
  #held: Holding | null = null;
  #behind = 0;
  #failuresInARow = 0;
  #stepping: Promise<void> | null = null;
  #cancelWait: () => void = () => {};
  #isStopped = true;

  constructor(options: ProjectionRunnerOptions) {
    this.#options = options;
    this.#store = new ProjectionStore(options.database, options.projection, projectionLimits.leaseMs);
  }

  get name(): string {
    return this.#options.projection.name;
  }

  /** Whether this server builds it. */
  get isHeld(): boolean {
    return this.#held !== null;
  }

  /** Entries that it had not passed when this server last looked; 0 while another one builds it. */
  get behind(): number {
    return this.#held === null ? 0 : this.#behind;
  }

  start(): void {
    this.#isStopped = false;
    this.#go();
  }

  /** Finishes the batch under way and gives the lease back; may be called more than once. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelWait();
    await this.#stepping;
    const held = this.#held;
    this.#held = null;
    if (held !== null) await this.#store.release(held).catch(() => {});
  }

  /** One step. @throws whatever fails; the next step begins with what the database says */
  async step(): Promise<Step> {
    try {
      return await this.#step();
    } catch (error) {
      const held = this.#held;
      this.#held = null;
      // Given back at once, for another server may do better; also where nothing but the answer was lost.
      if (held !== null && !(error instanceof ProjectionLost)) await this.#store.release(held).catch(() => {});
      throw error;
    }
  }

  #go(): void {
    this.#stepping ??= this.step()
      .then(
        (step) => this.#succeeded(step),
        (error: Error) => this.#failed(error),
      )
      .then((waitMs) => {
        this.#stepping = null;
        if (!this.#isStopped) this.#cancelWait = this.#options.clock.after(waitMs, () => this.#go());
      });
  }

  #succeeded(step: Step): number {
    this.#failuresInARow = 0;
    if (step === "elsewhere") return projectionLimits.claimEveryMs;
    if (step === "idle") return projectionLimits.idleMs;
    return Math.min(projectionLimits.restMsMax, projectionLimits.restFactor * step.tookMs);
  }

  #failed(error: Error): number {
    const { metrics, logger } = this.#options;
    const { retryMsMin, retryMsMax, claimEveryMs } = projectionLimits;
    metrics.failed(this.name);
    logger.warn({ projection: this.name, reason: error.message }, "a projection failed; it is tried again");
    // Whoever has it now may go on for long.
    if (error instanceof ProjectionLost) return claimEveryMs;
    return Math.min(retryMsMax, retryMsMin * 2 ** this.#failuresInARow++);
  }

  async #step(): Promise<Step> {
    const { projection, clock, metrics } = this.#options;
    const startedAtMs = clock.monotonicMs();
    const { heads, vector } = await this.#options.heads();
    // Of another epoch the positions are looked at anew, as on taking the lease.
    if (this.#held !== null && this.#held.epoch !== vector.epoch) await this.#letGo();
    this.#held ??= await this.#claim(vector.epoch, vector.positions);
    if (this.#held === null) return "elsewhere";
    const stretches = nextStretches(this.#held.positions, vector.positions, projection.batchMax);
    this.#behind = entriesBehind(this.#held.positions, vector.positions);
    if (stretches.length === 0) {
      await this.#renewInTime();
      return "idle";
    }
    const held = this.#held;
    const newestAtMs = Math.max(...heads.map((head) => head.recorded_at));
    const renew = (): Promise<void> => this.#store.renew(held);
    const { entries, moves, write } = await keepLease(clock, projectionLimits.renewAfterMs, renew, async () => {
      const read = await this.#store.read(stretches);
      return { ...read, write: await projection.digest({ entries: read.entries, newestAtMs }) };
    });
    const renewedAtMs = clock.monotonicMs();
    this.#held = { ...(await this.#store.commit(held, write, moves)), renewedAtMs };
    const passed = moves.reduce((sum, { after, upTo }) => sum + upTo - after, 0);
    this.#behind -= passed;
    metrics.passed(projection.name, passed, entries.length);
    return { passed, tookMs: clock.monotonicMs() - startedAtMs };
  }

  async #claim(epoch: number, heads: readonly number[]): Promise<Holding | null> {
    const { serverId, clock, metrics, logger } = this.#options;
    const renewedAtMs = clock.monotonicMs();
    const claimed = await this.#store.claim(serverId, epoch, heads);
    if (claimed?.wasCleared === true) {
      metrics.rebuilt(this.name);
      logger.info({ projection: this.name }, "a projection is built anew from the beginning of the journal");
    }
    return claimed === null ? null : { ...claimed, renewedAtMs };
  }

  async #renewInTime(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#held === null || nowMs - this.#held.renewedAtMs < projectionLimits.renewAfterMs) return;
    await this.#store.renew(this.#held);
    this.#held = { ...this.#held, renewedAtMs: nowMs };
  }

  async #letGo(): Promise<void> {
    const held = this.#held!;
    this.#held = null;
    await this.#store.release(held);
  }
}
