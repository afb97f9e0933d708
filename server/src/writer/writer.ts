/**
 * The door to the journal: takes commands, answers with their outcomes.
 *
 * Partitions are spread over lanes. A job whose partitions belong to several lanes runs on the lowest of them while the
 * others are held at a group boundary; one such group at a time, lanes held in ascending order, so nothing can deadlock.
 * Modes: open → draining (refuses new commands, finishes what it accepted) → closed.
 */
import type { Command } from "../core/command.ts";
import type { DatabaseTarget } from "../db/connection-options.ts";
import { openSession, type Session } from "../db/session.ts";
import type { ReachFailpoint } from "../journal/group-transaction.ts";
import type { Clock } from "../lib/clock.ts";
import { endOfTurn } from "../lib/turn.ts";
import type { WriterMetrics } from "../telemetry/writer-metrics.ts";
import { Overloaded } from "./errors.ts";
import type { OnCommitted } from "./finish-group.ts";
import { GroupRunner } from "./group-runner.ts";
import type { HeadBoard } from "./head-board.ts";
import type { Job, Settled } from "./job.ts";
import { JobQueue } from "./job-queue.ts";
import { Lane } from "./lane.ts";
import { placeOf } from "./place-of.ts";
import { StateCache } from "./state-cache.ts";

export interface WriterOptions {
  readonly target: DatabaseTarget;
  readonly partitionCount: number;
  readonly laneCount: number;
  /** Entries that may wait in all queues together before commands are refused. */
  readonly queueEntriesMax: number;
  readonly cacheItemsMax: number;
  readonly board: HeadBoard;
  readonly clock: Clock;
  readonly metrics: WriterMetrics;
  readonly reach?: ReachFailpoint;
  /** False: one group in flight on each lane, every one decided under its locks. */
  readonly decidesAhead?: boolean;
  readonly onCommitted?: OnCommitted;
  /** How a lane reaches the database; tests put something in between. */
  readonly connect?: (target: DatabaseTarget, name: string) => Promise<Session>;
}

export class Writer {
  readonly #options: WriterOptions;
  readonly #lanes: Lane[] = [];
  readonly #runners: GroupRunner[] = [];
  readonly #sessions: (Session | null)[] = [];
  readonly #cache: StateCache;
  readonly #spanning: JobQueue;
  #spanningRun: Promise<void> | null = null;
  #isDraining = false;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#spanning = new JobQueue(options.clock);
    this.#cache = new StateCache(options.partitionCount, options.cacheItemsMax);
    for (let index = 0; index < options.laneCount; index++) {
      const runner = new GroupRunner({
        cache: this.#cache,
        board: options.board,
        clock: options.clock,
        metrics: options.metrics,
        reach: options.reach ?? null,
        decidesAhead: options.decidesAhead ?? true,
        openSession: () => this.#openSession(index),
        onCommitted: options.onCommitted ?? (() => {}),
      });
      this.#runners.push(runner);
      this.#lanes.push(new Lane(runner, options.clock));
    }
  }

  /** Entries waiting in all queues, the age of the oldest in ms, and the items in the cache; for the metrics. */
  load(): { queuedEntries: number; oldestAgeMs: number; cachedItems: number } {
    const nowMs = this.#options.clock.monotonicMs();
    const oldest = [this.#spanning, ...this.#lanes.map((lane) => lane.queue)].map((queue) => queue.oldestAtMs ?? nowMs);
    return {
      queuedEntries: this.#queuedEntries(),
      oldestAgeMs: nowMs - Math.min(...oldest),
      cachedItems: this.#cache.itemCount,
    };
  }

  /**
   * Submits a command; commands of one partition are decided in the order in which they were submitted.
   * @param isRepeat whether its key was seen before, so that its outcome is looked up first
   * @returns what came of it; fails with `Overloaded`, `OutcomeUnknown`, `DatabaseUnavailable`, `KeyReused` or
   * `PoisonCommand`
   */
  submitOne(command: Command, isRepeat = false): Promise<Settled> {
    if (this.#isDraining) return Promise.reject(new Overloaded("the server is stopping"));
    const place = placeOf(command, this.#options.partitionCount, this.#cache.catalogue);
    const queuedEntries = this.#queuedEntries();
    // A command that is larger than the whole queue is let in when it is alone.
    if (queuedEntries > 0 && queuedEntries + place.size > this.#options.queueEntriesMax) {
      return Promise.reject(new Overloaded("the queue of changes is full"));
    }
    const { promise, resolve: settle, reject: fail } = Promise.withResolvers<Settled>();
    const queuedAtMs = this.#options.clock.monotonicMs();
    const job: Job = { command, ...place, isRepeat, queuedAtMs, settle, fail };
    const lane = this.#laneOf(job);
    if (lane === null) this.#runSpanning(job);
    else lane.push(job);
    return promise;
  }

  /** Submits several commands that are independent of each other. @returns one promise for each, see `submitOne` */
  submit(commands: readonly Command[], isRepeat: (command: Command) => boolean = () => false): Promise<Settled>[] {
    return commands.map((command) => this.submitOne(command, isRepeat(command)));
  }

  /** Refuses new commands, finishes those that were accepted, and closes the connections. */
  async stop(): Promise<void> {
    this.#isDraining = true;
    while (this.#spanningRun !== null) await this.#spanningRun;
    await Promise.all(this.#lanes.map((lane) => lane.drained()));
    for (const session of this.#sessions) session?.destroy();
  }

  #queuedEntries(): number {
    let sum = this.#spanning.size;
    for (const lane of this.#lanes) sum += lane.queue.size;
    return sum;
  }

  /** The lane of a job, or null when its partitions belong to several. */
  #laneOf(job: Job): Lane | null {
    const lane = job.partitions[0]! % this.#lanes.length;
    return job.partitions.every((partition) => partition % this.#lanes.length === lane) ? this.#lanes[lane]! : null;
  }

  #runSpanning(job: Job): void {
    this.#spanning.push(job);
    this.#spanningRun ??= this.#spanningLoop();
  }

  async #spanningLoop(): Promise<void> {
    await endOfTurn();
    while (!this.#spanning.isEmpty) {
      const releases: (() => void)[] = [];
      for (const lane of this.#lanes) releases.push(await lane.hold());
      const group = this.#spanning.take();
      const answer = group.length > 0 ? await this.#runners[0]!.run(group) : () => {};
      for (const release of releases) release();
      answer();
    }
    this.#spanningRun = null;
  }

  async #openSession(lane: number): Promise<Session> {
    const open = this.#sessions[lane];
    if (open && !open.isBroken) return open;
    const session = await (this.#options.connect ?? openSession)(this.#options.target, `lane ${lane}`);
    this.#sessions[lane] = session;
    return session;
  }
}
