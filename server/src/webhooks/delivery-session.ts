/**
 * One time of serving a subscription as it was loaded: reads, sends, and puts on record what came of it.
 *
 * Modes: serving → finishing (starts nothing more, waits for what is in flight) → ended. A delivery is in flight from when it is
 * taken from the queue until what came of it is on record; there are never more of them than the endpoint's pace
 * allows, so a crash repeats no more than those.
 *
 * Nothing is sent after the lease's time by the monotonic clock: a process that was frozen and wakes finds it over.
 */
import { PositionLost } from "../feed/feed-reader.ts";
import { sortableId } from "../lib/random-id.ts";
import { type ActiveSubscription, LeaseLost, type Loaded, liveKeys } from "./delivery-store.ts";
import { EventReader } from "./event-reader.ts";
import { OutcomeBuffer, recordOf } from "./outcome-buffer.ts";
import { DeliveryQueue } from "./plan/delivery-queue.ts";
import type { EndpointPace } from "./plan/endpoint-pace.ts";
import type { QueuedDelivery } from "./plan/intake.ts";
import type { Sent } from "./send/sender.ts";
import { isTooMuch, settle } from "./settle.ts";
import { signatureHeaders } from "./signing.ts";
import type { Lease, WorkerParts } from "./worker-parts.ts";

const sessionLimits = {
  /** Days of nothing but failures after which a subscription is disabled. */
  failingDaysMax: 5,
  recordAgainMs: 500,
  /** Tries to record what came of deliveries before the subscription is given back. */
  recordTriesMax: 10,
} as const;

const dayMs = 86_400_000;

/** Why it ended: changed from outside, lease lost, told to, or by a failure of the database. */
export type SessionEnd = "changed" | "lost" | "stopped" | "failed";

interface Disabling {
  readonly reason: string;
  readonly detail: string;
}

export class DeliverySession {
  readonly #parts: WorkerParts;
  readonly #lease: Lease;
  readonly #subscription: ActiveSubscription;
  readonly #pace: EndpointPace;
  readonly #queue: DeliveryQueue<QueuedDelivery>;
  readonly #outcomes = new OutcomeBuffer();
  readonly #reader: EventReader;
  readonly #reading = new AbortController();
  readonly #sending = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  #end: SessionEnd | null = null;
  #underWay = 0;
  #isRecording = false;
  #disabling: Disabling | null = null;
  #cancelTimer: () => void = () => {};
  readonly #pump = (): void => this.#send();

  constructor(parts: WorkerParts, lease: Lease, loaded: Loaded, pace: EndpointPace) {
    this.#parts = parts;
    this.#lease = lease;
    this.#subscription = loaded.subscription;
    this.#pace = pace;
    this.#queue = new DeliveryQueue(loaded.subscription.ordering);
    for (const delivery of loaded.waiting) this.#queue.add(delivery);
    this.#reader = new EventReader(parts, lease, loaded, this.#queue, this.#pump, this.#reading.signal);
  }

  get revision(): number {
    return this.#subscription.revision;
  }

  async run(): Promise<SessionEnd> {
    const reading = this.#reader.run().catch((error: unknown) => this.#readingFailed(error));
    this.#send();
    await this.#ended.promise;
    await reading;
    if (this.#disabling !== null && this.#end !== "lost") {
      await this.#disableNow(this.#disabling);
      return "stopped";
    }
    return this.#end!;
  }

  /** Ends the session; what is in flight is waited for, unless it may no longer be recorded. */
  end(how: SessionEnd): void {
    if (this.#end === null || how === "lost") this.#end = how;
    this.#reading.abort();
    this.#cancelTimer();
    this.#parts.slots.forget(this.#pump);
    if (this.#end === "lost") this.#sending.abort();
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    const isIdle = this.#underWay === 0 && this.#outcomes.size === 0 && !this.#isRecording;
    if (this.#end !== null && (isIdle || this.#end === "lost")) this.#ended.resolve();
  }

  #readingFailed(error: unknown): void {
    if (error instanceof PositionLost) {
      this.#disable("cursor_lost", `${error.message}. Go on from another place: POST …/backfill with a cursor.`);
    } else if (error instanceof LeaseLost) this.end("changed");
    else {
      this.#warn(error, "webhooks could not be queued");
      this.end("failed");
    }
  }

  get #isLost(): boolean {
    return this.#end === "lost";
  }

  #hasLease(): boolean {
    return this.#parts.clock.monotonicMs() < this.#lease.validUntilMs;
  }

  /** Starts whatever may start now, and sees to it that the rest starts when it may. */
  #send(): void {
    if (this.#end !== null) return;
    if (!this.#hasLease()) {
      this.end("lost");
      return;
    }
    const { slots, time } = this.#parts;
    const nowMs = time.nowMs();
    const wanted = this.#pace.slots(nowMs, this.#underWay + this.#outcomes.size);
    const started = this.#queue.start(nowMs, Math.min(wanted, slots.free));
    if (started.length > 0) {
      this.#underWay += started.length;
      slots.take(started.length);
      void this.#sendAll(started);
    } else if (wanted > 0 && slots.free === 0 && this.#queue.nextDueAtMs <= nowMs) slots.whenFree(this.#pump);
    this.#wakeLater(nowMs);
  }

  #wakeLater(nowMs: number): void {
    this.#cancelTimer();
    const wakeAtMs = Math.max(this.#queue.nextDueAtMs, this.#pace.restsUntilMs);
    if (!Number.isFinite(wakeAtMs) || wakeAtMs <= nowMs) return;
    // The database's time may be moved, and timers have a longest wait: so it looks again now and then.
    this.#cancelTimer = this.#parts.clock.after(Math.min(wakeAtMs - nowMs, 1_000), this.#pump);
  }

  async #sendAll(started: readonly QueuedDelivery[]): Promise<void> {
    try {
      const unnumbered = started.filter((each) => each.sequence === null);
      if (unnumbered.length > 0) await this.#parts.store.number(this.#lease, unnumbered);
      await this.#loadBodies(started.filter((each) => each.body === null));
    } catch (error) {
      if (!(error instanceof LeaseLost)) this.#warn(error, "webhooks could not be prepared");
      for (const _ of started) this.#landed();
      this.end(error instanceof LeaseLost ? "lost" : "failed");
      return;
    }
    for (const delivery of started) void this.#sendOne(delivery);
  }

  /** Bodies that are not in memory come from the queue's table, or are made again from the journal. */
  async #loadBodies(deliveries: readonly QueuedDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const eventIds = deliveries.map((each) => each.eventId);
    const bodies = await this.#parts.store.bodies(this.#lease.subscriptionId, eventIds);
    for (const delivery of deliveries) {
      delivery.body = bodies.get(delivery.eventId) ?? null;
      if (delivery.body !== null) continue;
      delivery.body = (await this.#parts.events.remake(delivery, this.#sending.signal))?.body ?? null;
    }
  }

  async #sendOne(delivery: QueuedDelivery): Promise<void> {
    const { time, sender } = this.#parts;
    const attemptedAtMs = time.nowMs();
    if (!this.#hasLease() || this.#isLost) {
      this.#landed();
      this.end("lost");
      return;
    }
    const sent =
      delivery.body === null
        ? unavailable
        : await sender.send(this.#outgoing(delivery, delivery.body), this.#sending.signal);
    // Meanwhile the lease may have been lost, and what came of it is for the next holder to find out.
    if (this.#isLost) this.#landed();
    else this.#settled(delivery, sent, attemptedAtMs);
  }

  #outgoing(delivery: QueuedDelivery, body: string) {
    const nowMs = this.#parts.time.nowMs();
    const keys = liveKeys(this.#subscription, nowMs);
    const { supersedes, traceparent, eventId, sequence, position } = delivery;
    return {
      url: this.#subscription.url,
      body,
      headers: {
        "content-type": "application/cloudevents+json; charset=utf-8",
        ...signatureHeaders(keys, eventId, Math.floor(nowMs / 1000), body),
        "webhook-sequence": String(sequence),
        "webhook-feed-cursor": this.#parts.events.cursorOf(position),
        ...(supersedes.length === 0 ? {} : { "webhook-supersedes": supersedes.join(",") }),
        ...(traceparent === null ? {} : { traceparent }),
      },
    };
  }

  #settled(delivery: QueuedDelivery, sent: Sent, attemptedAtMs: number): void {
    const { time, metrics, random } = this.#parts;
    const nowMs = time.nowMs();
    const hasSucceeded = sent.outcome === "delivered";
    const verdict = settle(this.#queue, { delivery, sent, attemptedAtMs, nowMs, random: random() });
    delivery.body = null;
    this.#pace.record({ hasSucceeded, isTooMuch: isTooMuch(sent), retryAfterMs: sent.retryAfterMs }, nowMs);
    metrics.tried(sent.outcome, sent.latencyMs);
    if (verdict.isDead) metrics.diedOff(1);
    if (verdict.isSuperseded) metrics.superseded(1);
    this.#outcomes.add(verdict.settled);
    this.#landed();
    if (sent.outcome === "gone") this.#disable("gone", goneDetail);
    void this.#record();
    this.#send();
  }

  #landed(): void {
    this.#underWay -= 1;
    this.#parts.slots.release();
    this.#endIfIdle();
  }

  /** Puts on record whatever has come, one transaction at a time. */
  async #record(): Promise<void> {
    if (this.#isRecording) return;
    this.#isRecording = true;
    let failures = 0;
    while (!this.#outcomes.isEmpty && this.#end !== "lost") {
      const taken = this.#outcomes.take();
      try {
        const { revision, failingSinceMs } = await this.#parts.store.record(this.#lease, recordOf(taken));
        this.#outcomes.done();
        failures = 0;
        if (revision !== this.revision) this.end("changed");
        this.#disableIfFailing(failingSinceMs);
      } catch (error) {
        failures += 1;
        const isHopeless = !this.#hasLease() || failures >= sessionLimits.recordTriesMax;
        if (error instanceof LeaseLost || isHopeless) this.end("lost");
        if (!(error instanceof LeaseLost)) {
          this.#outcomes.putBack(taken);
          this.#warn(error, "what came of webhooks could not be recorded");
          if (!isHopeless) await this.#pause();
        }
      }
      this.#reader.roomMayHaveCome();
      this.#send();
    }
    this.#isRecording = false;
    this.#endIfIdle();
  }

  #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#parts.clock.after(sessionLimits.recordAgainMs, resolve);
    return promise;
  }

  #disableIfFailing(failingSinceMs: number | null): void {
    const { failingDaysMax } = sessionLimits;
    if (failingSinceMs === null || this.#parts.time.nowMs() - failingSinceMs < failingDaysMax * dayMs) return;
    this.#disable(
      "failing",
      `Nothing was delivered for ${failingDaysMax} days. Nothing is lost: mend the endpoint, then POST …/backfill.`,
    );
  }

  /** Ends the session; the subscription is disabled when what is in flight is on record. */
  #disable(reason: string, detail: string): void {
    this.#disabling ??= { reason, detail };
    this.end("stopped");
  }

  /** Disables the subscription and says so to whoever runs the server. */
  async #disableNow({ reason, detail }: Disabling): Promise<void> {
    const { store, metrics, logger, clock } = this.#parts;
    const { subscriptionId } = this.#lease;
    try {
      if (!(await store.disable(this.#lease, reason, sortableId("notice_", clock.nowMs()), detail))) return;
      metrics.disabled(reason);
      logger.warn({ subscriptionId, reason }, "a webhook subscription was disabled");
    } catch (error) {
      this.#warn(error, "a webhook subscription could not be disabled");
    }
  }

  #warn(error: unknown, message: string): void {
    this.#parts.logger.warn({ subscriptionId: this.#lease.subscriptionId, err: error }, message);
  }
}

const goneDetail = "The endpoint answered 410 Gone. Change the URL if it moved, then POST …/backfill.";

const unavailable: Sent = {
  outcome: "unavailable",
  status: null,
  latencyMs: 0,
  detail: "the event can no longer be read from the journal",
  response: null,
  retryAfterMs: null,
};
