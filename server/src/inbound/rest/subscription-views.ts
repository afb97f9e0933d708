/** How subscriptions, tries and dead letters look in answers. */
import type {
  DeadLetter,
  DeliveryAttempt,
  PingResult,
  Subscription,
  SubscriptionWithSecret,
} from "@onhand/protocol/subscriptions";
import { formatRfc3339 } from "../../lib/rfc3339.ts";
import type { PingOutcome } from "../../webhooks/delivery-log.ts";
import type { AttemptRow, DeadLetterRow } from "../../webhooks/sql/rows.ts";
import type { ShownSubscription } from "../../webhooks/subscriptions.ts";

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : formatRfc3339(ms));

/** @param cursor of its place in the feed */
export const subscriptionOf = (row: ShownSubscription, cursor: string): Subscription => ({
  subscriptionId: row.subscription_id,
  name: row.name,
  url: row.url,
  types: [...row.types],
  filter: row.filter as Subscription["filter"],
  ordering: row.ordering,
  status: row.status,
  statusReason: row.status_reason,
  statusSince: formatRfc3339(row.status_since),
  failingSince: timeOrNull(row.failing_since),
  lastDeliveredAt: timeOrNull(row.last_delivered_at),
  cursor,
  lastSequence: row.last_sequence,
  queued: row.queued,
  deadLetters: row.dead_letters,
  version: row.version,
  createdAt: formatRfc3339(row.created_at),
  updatedAt: formatRfc3339(row.updated_at),
});

/** With a secret, which is shown only when it was just set. */
export const subscriptionWithSecret = (
  row: ShownSubscription,
  cursor: string,
  secret: string,
): SubscriptionWithSecret => ({
  ...subscriptionOf(row, cursor),
  secret,
  previousSecretExpiresAt: timeOrNull(row.previous_secret_expires_at),
});

/** A try; notices about the subscription itself have no event. */
export const attemptOf = (row: AttemptRow): DeliveryAttempt => ({
  eventId: row.outcome === "disabled" ? null : row.event_id,
  sequence: row.sequence,
  try: row.tries,
  at: formatRfc3339(row.attempted_at),
  outcome: row.outcome,
  status: row.status,
  latencyMs: row.latency_ms,
  detail: row.detail,
  response: row.response,
  nextTryAt: timeOrNull(row.next_try_at),
});

/** A delivery that was given up. */
export const deadLetterOf = (row: DeadLetterRow): DeadLetter => ({
  eventId: row.event_id,
  sequence: row.sequence,
  type: row.type,
  subject: row.item_key.replace(/^\/|\/$/, ""),
  tries: row.tries,
  firstTriedAt: timeOrNull(row.first_tried_at),
  deadSince: formatRfc3339(row.dead_since),
  lastOutcome: row.last_outcome,
  lastStatus: row.last_status,
});

/** What came of a test event. */
export const pingOf = (ping: PingOutcome): PingResult => ({
  eventId: ping.eventId,
  at: formatRfc3339(ping.attemptedAtMs),
  outcome: ping.outcome,
  status: ping.status,
  latencyMs: ping.latencyMs,
  detail: ping.detail,
  response: ping.response,
});
