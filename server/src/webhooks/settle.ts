/** What one try means for its delivery and for the subscription: pure. */

import type { Settled } from "./outcome-buffer.ts";
import type { DeliveryQueue } from "./plan/delivery-queue.ts";
import type { QueuedDelivery } from "./plan/intake.ts";
import { nextTryAt } from "./plan/retry-schedule.ts";
import type { Sent } from "./send/sender.ts";
import type { KeptDelivery } from "./sql/deliveries.ts";

export interface TryOf {
  readonly delivery: QueuedDelivery;
  readonly sent: Sent;
  readonly attemptedAtMs: number;
  readonly nowMs: number;
  readonly random: number;
}

export interface Verdict {
  readonly settled: Settled;
  readonly isDead: boolean;
  readonly isSuperseded: boolean;
}

const tooMuch = new Set([429, 502, 503, 504]);

/** The endpoint said that it gets more than it can take. */
export const isTooMuch = ({ status }: Sent): boolean => status !== null && tooMuch.has(status);

/** Takes the delivery on in its queue and says what is to be recorded. */
export function settle(queue: DeliveryQueue<QueuedDelivery>, { delivery, sent, ...at }: TryOf): Verdict {
  delivery.tries += 1;
  delivery.firstTriedAtMs ??= at.attemptedAtMs;
  const logged = (nextTryAtMs: number | null) => ({
    eventId: delivery.eventId,
    attemptedAtMs: at.attemptedAtMs,
    sequence: delivery.sequence,
    itemKey: delivery.itemKey,
    type: delivery.type,
    partition: delivery.partition,
    entrySequence: delivery.entrySequence,
    position: delivery.position,
    tries: delivery.tries,
    outcome: sent.outcome,
    status: sent.status,
    latencyMs: sent.latencyMs,
    detail: sent.detail,
    response: sent.response,
    nextTryAtMs,
  });
  const finished = (nextTryAtMs: number | null, kept: readonly KeptDelivery[]): Settled => ({
    logged: logged(nextTryAtMs),
    finishedIds: [delivery.eventId],
    kept,
    hasSucceeded: sent.outcome === "delivered",
  });
  if (sent.outcome === "delivered") {
    queue.finish(delivery);
    return { settled: finished(null, []), isDead: false, isSuperseded: false };
  }
  const dueAtMs = dueAt(delivery, sent, at);
  if (dueAtMs === null) {
    const newer = queue.giveUp(delivery);
    if (newer !== null) return { settled: finished(null, [keptOf(newer)]), isDead: false, isSuperseded: true };
    const dead = { ...keptOf(delivery), isDead: true, outcome: sent.outcome, status: sent.status };
    return {
      settled: { logged: logged(null), finishedIds: [], kept: [dead], hasSucceeded: false },
      isDead: true,
      isSuperseded: false,
    };
  }
  const newer = queue.retry(delivery, dueAtMs);
  if (newer !== null) return { settled: finished(dueAtMs, [keptOf(newer)]), isDead: false, isSuperseded: true };
  const kept = { ...keptOf(delivery), outcome: sent.outcome, status: sent.status };
  return {
    settled: { logged: logged(dueAtMs), finishedIds: [], kept: [kept], hasSucceeded: false },
    isDead: false,
    isSuperseded: false,
  };
}

/** @returns null when the schedule has ended, or when there is nothing left that could be sent */
function dueAt(delivery: QueuedDelivery, sent: Sent, at: Omit<TryOf, "delivery" | "sent">): number | null {
  if (sent.outcome === "unavailable") return null;
  const { tries, firstTriedAtMs } = delivery;
  return nextTryAt(
    { firstTriedAtMs: firstTriedAtMs!, nowMs: at.nowMs, tries, retryAfterMs: sent.retryAfterMs },
    at.random,
  );
}

const keptOf = (delivery: QueuedDelivery): KeptDelivery => ({
  eventId: delivery.eventId,
  tries: delivery.tries,
  firstTriedAtMs: delivery.firstTriedAtMs,
  dueAtMs: delivery.dueAtMs,
  supersedes: delivery.supersedes,
  isDead: false,
  outcome: null,
  status: null,
});
