/**
 * Shares the subscriptions among the servers and runs a worker for each that this one holds. Modes: stopped → running →
 * stopping (workers finish what is in flight, leases are given back).
 *
 * A lease is a row with a token that rises with every holder. A holder renews it in time; one that does not, because it
 * died or was frozen, loses it to another server, and whatever it still tries to record is refused by the token.
 */
import type { Database } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import type { WebhookGauges } from "../telemetry/webhook-metrics.ts";
import * as sql from "./sql/leases.ts";
import { SubscriptionWorker } from "./subscription-worker.ts";
import type { WorkerParts } from "./worker-parts.ts";

export const dispatcherLimits = {
  tickMs: 1_000,
  leaseMs: 10_000,
  /** A lease is renewed when it has less than this left. */
  renewBelowMs: 7_000,
  /** What is left of a lease when nothing more is sent under it. */
  marginMs: 1_000,
  claimsPerTick: 50,
  totalsEveryMs: 15_000,
} as const;

const noTotals = { queued: 0, dead: 0, oldest_seconds: 0, disabled: 0 };

export interface DispatcherOptions {
  readonly database: Database;
  readonly serverId: string;
  readonly parts: WorkerParts;
}

export class Dispatcher {
  readonly #database: Database;
  readonly #serverId: string;
  readonly #parts: WorkerParts;
  readonly #clock: Clock;
  readonly #workers = new Map<string, { readonly worker: SubscriptionWorker; readonly running: Promise<void> }>();
  #totals = noTotals;
  #totalsAtMs = Number.NEGATIVE_INFINITY;
  #ticking: Promise<void> | null = null;
  #ticksAgain = false;
  #cancelTick: () => void = () => {};
  #isStopped = true;

  constructor({ database, serverId, parts }: DispatcherOptions) {
    this.#database = database;
    this.#serverId = serverId;
    this.#parts = parts;
    this.#clock = parts.clock;
  }

  start(): void {
    this.#isStopped = false;
    this.nudge();
  }

  /** Finishes what is in flight and gives the leases back. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTick();
    for (const { worker } of this.#workers.values()) worker.stop();
    await this.#ticking;
    await Promise.all([...this.#workers.values()].map(({ running }) => running));
    await this.#database.query(sql.removeServer(this.#serverId)).catch(() => {});
  }

  /** Something was changed here: looks at once instead of at the next tick. */
  nudge(): void {
    if (this.#isStopped) return;
    this.#cancelTick();
    this.#ticksAgain = this.#ticking !== null;
    this.#ticking ??= this.#tick()
      .catch((error: Error) =>
        this.#parts.logger.warn({ reason: error.message }, "webhook leases could not be renewed"),
      )
      .finally(() => {
        this.#ticking = null;
        if (this.#isStopped) return;
        if (this.#ticksAgain) this.nudge();
        else this.#cancelTick = this.#clock.after(dispatcherLimits.tickMs, () => this.nudge());
      });
  }

  /** Subscriptions that this server delivers. */
  get heldIds(): string[] {
    return [...this.#workers.keys()];
  }

  gauges(): WebhookGauges {
    const { queued, dead, oldest_seconds, disabled } = this.#totals;
    return {
      held: this.#workers.size,
      inFlight: this.#parts.slots.taken,
      openBreakers: [...this.#workers.values()].filter(({ worker }) => worker.isBreakerOpen).length,
      queued,
      oldestSeconds: oldest_seconds,
      deadLetters: dead,
      disabled,
    };
  }

  async #tick(): Promise<void> {
    await this.#database.query(sql.keepServer(this.#serverId, dispatcherLimits.leaseMs));
    await this.#renew();
    await this.#noticeChanges();
    const share = await this.#share();
    this.#giveBackBeyond(share);
    if (!this.#isStopped) await this.#claim(share - this.#workers.size);
    await this.#readTotals();
  }

  async #renew(): Promise<void> {
    const sentAtMs = this.#clock.monotonicMs();
    const { leaseMs, renewBelowMs, marginMs } = dispatcherLimits;
    const due = [...this.#workers.values()]
      .map(({ worker }) => worker)
      .filter(({ lease }) => lease.validUntilMs + marginMs - sentAtMs < renewBelowMs);
    if (due.length === 0) return;
    const { rows } = await this.#database.query<{ subscription_id: string }>(
      sql.renewLeases(
        due.map(({ lease }) => lease),
        leaseMs,
      ),
    );
    const renewed = new Set(rows.map((row) => row.subscription_id));
    for (const worker of due) {
      if (renewed.has(worker.lease.subscriptionId)) worker.lease.validUntilMs = sentAtMs + leaseMs - marginMs;
      else worker.lose();
    }
  }

  /** Workers whose subscription was changed read it again; those whose lease has another token are over. */
  async #noticeChanges(): Promise<void> {
    if (this.#workers.size === 0) return;
    const { rows } = await this.#database.query<{
      subscription_id: string;
      token: number;
      revision: number;
      now: number;
    }>(sql.heldRevisions(this.#serverId));
    if (rows[0] !== undefined) this.#parts.time.observe(rows[0].now);
    const held = new Map(rows.map((row) => [row.subscription_id, row]));
    for (const [subscriptionId, { worker }] of this.#workers) {
      const row = held.get(subscriptionId);
      if (row === undefined || row.token !== worker.lease.token) worker.lose();
      else worker.noticeRevision(row.revision);
    }
  }

  /** How many subscriptions are this server's part. */
  async #share(): Promise<number> {
    const { rows } = await this.#database.query<{ servers: number; subscriptions: number }>(sql.countShares());
    const { servers, subscriptions } = rows[0]!;
    return Math.ceil(subscriptions / Math.max(1, servers));
  }

  /** One that has more than its part gives one back with each tick, for another server to take. */
  #giveBackBeyond(share: number): void {
    if (this.#workers.size <= share) return;
    const [last] = [...this.#workers.values()].slice(-1);
    last?.worker.stop();
  }

  async #claim(wanted: number): Promise<void> {
    if (wanted <= 0) return;
    const { leaseMs, marginMs, claimsPerTick } = dispatcherLimits;
    const sentAtMs = this.#clock.monotonicMs();
    const { rows } = await this.#database.query<{ subscription_id: string; token: number }>(
      sql.claimLeases(this.#serverId, leaseMs, Math.min(wanted, claimsPerTick)),
    );
    for (const { subscription_id: subscriptionId, token } of rows)
      this.#run({ subscriptionId, token, validUntilMs: sentAtMs + leaseMs - marginMs });
  }

  #run(lease: SubscriptionWorker["lease"]): void {
    // A worker that lost this lease a moment ago may still be ending.
    const before = this.#workers.get(lease.subscriptionId);
    before?.worker.lose();
    const worker = new SubscriptionWorker(this.#parts, lease);
    const running = (before?.running ?? Promise.resolve())
      .then(() => worker.run())
      .catch((error: unknown) => this.#parts.logger.warn({ err: error }, "a webhook worker ended unexpectedly"))
      .then(async () => {
        if (this.#workers.get(lease.subscriptionId)?.worker === worker) this.#workers.delete(lease.subscriptionId);
        await this.#database.query(sql.releaseLease(lease.subscriptionId, lease.token)).catch(() => {});
      });
    this.#workers.set(lease.subscriptionId, { worker, running });
    if (this.#isStopped) worker.stop();
  }

  async #readTotals(): Promise<void> {
    if (this.#clock.monotonicMs() - this.#totalsAtMs < dispatcherLimits.totalsEveryMs) return;
    const { rows } = await this.#database.query<typeof noTotals>(sql.webhookTotals());
    this.#totals = rows[0]!;
    this.#totalsAtMs = this.#clock.monotonicMs();
  }
}
