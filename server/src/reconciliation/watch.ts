/**
 * Looks continuously, on the server that has the duty, in small steps with rests between them: rounds through everything
 * that is there now, every few steps one through the whole journal, and every few seconds what was appended.
 *
 * Modes: elsewhere (another server looks; asked for now and then) → looking → elsewhere; stopped. Nothing is locked, and what
 * seems to differ is looked at again before it is called a difference. Where it is is in memory: another server that takes
 * over begins a round anew.
 */
import { Duty } from "../channels/duty.ts";
import type { Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { ReconciliationMetrics } from "../telemetry/reconciliation-metrics.ts";
import { type Check, everything, type Page } from "./check.ts";
import type { Examiner } from "./examiner.ts";
import { reconciliationLimits } from "./limits.ts";
import { type Ends, endsNow, type MovementCheck } from "./movement-check.ts";
import { countUnclosed, databaseNow } from "./sql/differences.ts";

export interface WatchOptions {
  readonly database: Queryable;
  readonly serverId: string;
  /** All but the one through the journal. */
  readonly checks: readonly Check[];
  readonly movements: MovementCheck;
  readonly examiner: Examiner;
  readonly clock: Clock;
  readonly metrics: ReconciliationMetrics;
  readonly logger: Pick<Logger, "warn">;
}

interface Going {
  readonly pages: AsyncGenerator<Page, void, void>;
  readonly startedAtMs: number;
  /** How long its steps took, without the rests. */
  busyMs: number;
}

export class Watch {
  readonly #options: WatchOptions;
  readonly #duty: Duty;
  #round: Going | null = null;
  #journal: Going | null = null;
  #appended: Going | null = null;
  #nextRoundAtMs = 0;
  #nextJournalAtMs = 0;
  #nextAppendedAtMs = 0;
  #stepsOfRound = 0;
  /** What the last round took, without rests. */
  #lastBusyMs = 0;
  /** Where partitions ended when what was appended was looked through; null before the first time. */
  #lookedThrough: Ends | null = null;
  #failuresInARow = 0;
  #stepping: Promise<void> | null = null;
  #cancelWait: () => void = () => {};
  #isStopped = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#duty = new Duty(options.database, options.clock, "reconciliation", options.serverId);
  }

  start(): void {
    this.#isStopped = false;
    this.#go();
  }

  /** Ends behind the step that is under way, and lets another server go on. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelWait();
    await this.#stepping;
    await this.#duty.release().catch(() => {});
  }

  #go(): void {
    this.#stepping ??= this.step()
      .then(
        (restMs) => {
          this.#failuresInARow = 0;
          return restMs;
        },
        (error: Error) => this.#failed(error),
      )
      .then((restMs) => {
        this.#stepping = null;
        if (!this.#isStopped) this.#cancelWait = this.#options.clock.after(restMs, () => this.#go());
      });
  }

  #failed(error: Error): number {
    this.#options.metrics.failed();
    this.#options.logger.warn({ reason: error.message }, "reconciliation could not go on; it is tried again");
    this.#forget();
    const { retryMsMin, retryMsMax } = reconciliationLimits;
    return Math.min(retryMsMax, retryMsMin * 2 ** Math.min(this.#failuresInARow++, 10));
  }

  #forget(): void {
    this.#round = null;
    this.#journal = null;
    this.#appended = null;
    this.#lookedThrough = null;
  }

  /** Does one small step. @returns how long to rest, in ms @throws whatever fails; the round then begins anew */
  async step(): Promise<number> {
    if (!(await this.#duty.hold())) {
      this.#forget();
      this.#options.metrics.unclosed([]);
      return reconciliationLimits.claimMs;
    }
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const isJournalsTurn = this.#stepsOfRound % (reconciliationLimits.roundStepsPerJournalStep + 1) === 0;
    this.#stepsOfRound += 1;
    if (this.#round === null && nowMs >= this.#nextRoundAtMs)
      this.#round = { pages: this.#pagesOfRound(), startedAtMs: nowMs, busyMs: 0 };
    if (this.#journal === null && nowMs >= this.#nextJournalAtMs)
      this.#journal = { pages: this.#options.movements.pages(everything), startedAtMs: nowMs, busyMs: 0 };
    if (this.#appended === null && nowMs >= this.#nextAppendedAtMs)
      this.#appended = { pages: this.#pagesAppended(), startedAtMs: nowMs, busyMs: 0 };
    const going = this.#appended ?? (isJournalsTurn ? this.#journal : this.#round) ?? this.#round ?? this.#journal;
    if (going === null)
      return Math.max(1, Math.min(this.#nextRoundAtMs, this.#nextJournalAtMs, this.#nextAppendedAtMs) - nowMs);
    const isOver = await this.#goOn(going);
    const tookMs = clock.monotonicMs() - nowMs;
    going.busyMs += tookMs;
    if (isOver) await this.#ended(going);
    return this.#restMs(tookMs);
  }

  /** As long again as the step took, and longer as far as a round is done in its time nevertheless. */
  #restMs(tookMs: number): number {
    const { roundMs, restMsMax } = reconciliationLimits;
    const spread = this.#lastBusyMs === 0 ? 3 : (roundMs - this.#lastBusyMs) / this.#lastBusyMs;
    return Math.min(restMsMax, tookMs * Math.max(1, spread));
  }

  /** @returns whether it came to its end */
  async #goOn({ pages }: Going): Promise<boolean> {
    const { value: page, done } = await pages.next();
    if (done === true) return true;
    this.#options.metrics.checked(page!.kinds, page!.checked);
    for (const { subject, sequence } of page!.suspects) {
      if (this.#isStopped) break;
      await this.#options.examiner.look(subject, sequence);
    }
    return false;
  }

  async #ended(going: Going): Promise<void> {
    const { clock, metrics, database } = this.#options;
    const nowMs = clock.monotonicMs();
    const tookMs = nowMs - going.startedAtMs;
    if (going === this.#appended) {
      this.#appended = null;
      this.#nextAppendedAtMs = nowMs + reconciliationLimits.appendedEveryMs;
      return;
    }
    if (going === this.#journal) {
      this.#journal = null;
      this.#nextJournalAtMs = nowMs + reconciliationLimits.journalRestMs;
      metrics.journalEnded(tookMs);
      return;
    }
    this.#round = null;
    this.#lastBusyMs = going.busyMs;
    this.#nextRoundAtMs = going.startedAtMs + reconciliationLimits.roundMs;
    metrics.roundEnded(tookMs);
    const { rows } = await database.query<{ check_kind: string; state: string; count: number }>(countUnclosed());
    metrics.unclosed(rows.map(({ check_kind, state, count }) => ({ check: check_kind, state, count })));
  }

  /** What was appended since it was looked for last. A server that begins to look leaves what was there to the look through the journal. */
  async *#pagesAppended(): AsyncGenerator<Page, void, void> {
    const { database, movements } = this.#options;
    const ends = await endsNow(database);
    if (this.#lookedThrough !== null) yield* movements.pagesBetween(this.#lookedThrough, ends);
    this.#lookedThrough = ends;
  }

  /** Everything, then what was found before and did not come by. */
  async *#pagesOfRound(): AsyncGenerator<Page, void, void> {
    const { database, examiner, checks } = this.#options;
    const { rows } = await database.query<{ now: number }>(databaseNow());
    for (const check of checks) yield* check.pages(everything);
    while ((await examiner.lookAgain(rows[0]!.now)) > 0) yield { kinds: [], checked: 0, suspects: [] };
  }
}
