/** Statements that read the log of tries and the dead letters, and send deliveries again. */
import { textArray } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

/** Tries, newest first. */
export const listAttempts = (
  subscriptionId: string,
  filter: { readonly eventId: string | null; readonly outcome: string | null },
  after: { readonly atMs: number; readonly eventId: string } | null,
  limit: number,
): Statement => ({
  name: "webhook_list_attempts",
  text: `SELECT event_id, attempted_at, sequence, tries, outcome, status, latency_ms, detail, response, next_try_at
         FROM webhook_attempt
         WHERE subscription_id = $1 AND ($2::text IS NULL OR event_id = $2) AND ($3::text IS NULL OR outcome = $3)
           AND ($4::bigint IS NULL
                OR (attempted_at, event_id) < (timestamptz 'epoch' + $4::bigint * interval '1 millisecond', $5::text))
         ORDER BY attempted_at DESC, event_id DESC LIMIT $6`,
  values: [subscriptionId, filter.eventId, filter.outcome, after?.atMs ?? null, after?.eventId ?? null, limit],
});

/** What was given up, in the order of the queue. */
export const listDeadLetters = (subscriptionId: string, after: number | null, limit: number): Statement => ({
  name: "webhook_list_dead_letters",
  text: `SELECT event_id, sequence, type, item_key, tries, first_tried_at, dead_since, last_outcome, last_status, ordinal
         FROM webhook_delivery WHERE subscription_id = $1 AND dead_since IS NOT NULL AND ($2::bigint IS NULL OR ordinal > $2)
         ORDER BY ordinal LIMIT $3`,
  values: [subscriptionId, after, limit],
});

export interface Selection {
  readonly fromSequence: number | null;
  readonly toSequence: number | null;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly eventIds: readonly string[] | null;
}

/** Puts dead letters back into the queue, in the place that they had. */
export const reviveDeadLetters = (subscriptionId: string, selection: Selection): Statement => ({
  text: `UPDATE webhook_delivery SET dead_since = NULL, tries = 0, first_tried_at = NULL, due_at = webhook_now()
         WHERE subscription_id = $1 AND dead_since IS NOT NULL
           AND ($2::bigint IS NULL OR sequence >= $2) AND ($3::bigint IS NULL OR sequence <= $3)
           AND ($4::text[] IS NULL OR event_id = ANY($4))`,
  values: [
    subscriptionId,
    selection.fromSequence,
    selection.toSequence,
    selection.eventIds === null ? null : textArray(selection.eventIds),
  ],
});

/** Numbered deliveries that were tried and match, at most `limit`. */
const numbered = `SELECT DISTINCT ON (a.sequence) a.event_id, a.sequence, a.item_key, a.type, a.partition, a.entry_sequence, a.position
  FROM webhook_attempt a
  WHERE a.subscription_id = $1 AND a.sequence IS NOT NULL AND a.position IS NOT NULL
    AND ($2::bigint IS NULL OR a.sequence >= $2) AND ($3::bigint IS NULL OR a.sequence <= $3)
    AND ($4::bigint IS NULL OR a.attempted_at >= timestamptz 'epoch' + $4::bigint * interval '1 millisecond')
    AND ($5::bigint IS NULL OR a.attempted_at < timestamptz 'epoch' + $5::bigint * interval '1 millisecond')
    AND ($6::text[] IS NULL OR a.event_id = ANY($6))
  ORDER BY a.sequence, a.attempted_at DESC LIMIT $7`;

/** The same, each event once: one that came again after a backfill has several numbers, of which the newest is taken. */
const chosen = `SELECT DISTINCT ON (event_id) * FROM (${numbered}) numbered ORDER BY event_id, sequence DESC`;

const chosenValues = (subscriptionId: string, selection: Selection, limit: number): unknown[] => [
  subscriptionId,
  selection.fromSequence,
  selection.toSequence,
  selection.fromMs,
  selection.toMs,
  selection.eventIds === null ? null : textArray(selection.eventIds),
  limit,
];

/** How many numbers a replay has chosen, up to `limit`, and how many events they are. */
export const countChosen = (subscriptionId: string, selection: Selection, limit: number): Statement => ({
  text: `SELECT count(*)::integer AS numbers, count(DISTINCT event_id)::integer AS events FROM (${numbered}) numbered`,
  values: chosenValues(subscriptionId, selection, limit),
});

/**
 * Queues deliveries that were tried before, once more, in front of all others and under their old numbers; those that
 * wait already are made due. With `onlyNewest`, those of an item of which something newer was sent or waits stay out.
 */
export const replayChosen = (
  subscriptionId: string,
  selection: Selection,
  limit: number,
  onlyNewest: boolean,
): Statement => ({
  text: `WITH chosen AS (${chosen}),
         wanted AS (
           SELECT c.* FROM chosen c WHERE NOT $8::boolean OR NOT (
             EXISTS (SELECT FROM webhook_attempt n WHERE n.subscription_id = $1 AND n.item_key = c.item_key
                       AND n.partition = c.partition AND n.entry_sequence > c.entry_sequence AND n.sequence IS NOT NULL)
             OR EXISTS (SELECT FROM webhook_delivery n WHERE n.subscription_id = $1 AND n.item_key = c.item_key
                          AND n.partition = c.partition AND n.entry_sequence > c.entry_sequence)))
         INSERT INTO webhook_delivery (subscription_id, event_id, item_key, type, partition, entry_sequence, position,
           traceparent, body, ordinal, sequence, supersedes, tries, first_tried_at, due_at, queued_at, is_held)
         SELECT $1, event_id, item_key, type, partition, entry_sequence, position, NULL, NULL, sequence - (1::bigint << 52),
           sequence, '{}', 0, NULL, now, now, false
         FROM wanted, webhook_now() now
         ON CONFLICT (subscription_id, event_id) DO UPDATE SET dead_since = NULL, tries = 0, first_tried_at = NULL,
           due_at = excluded.due_at`,
  values: [...chosenValues(subscriptionId, selection, limit), onlyNewest],
});

/** Logs a try that belongs to no delivery, such as a ping. */
export const logPing = (
  subscriptionId: string,
  eventId: string,
  sent: {
    readonly outcome: string;
    readonly status: number | null;
    readonly latencyMs: number;
    readonly detail: string | null;
    readonly response: string | null;
  },
): Statement => ({
  text: `INSERT INTO webhook_attempt (subscription_id, event_id, attempted_at, sequence, item_key, type, partition,
           entry_sequence, position, tries, outcome, status, latency_ms, detail, response, next_try_at)
         VALUES ($1, $2, webhook_now() - $5::integer * interval '1 millisecond', NULL, '', 'ping', 0, 0, NULL, 1, $3, $4, $5::integer, $6, $7, NULL)
         RETURNING attempted_at`,
  values: [subscriptionId, eventId, sent.outcome, sent.status, sent.latencyMs, sent.detail, sent.response],
});

/** Removes tries and dead letters after some days, at most `limit` of each. */
export const clearOldTries = (days: number, limit: number): Statement => ({
  name: "webhook_clear_old_tries",
  text: `DELETE FROM webhook_attempt WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM webhook_attempt WHERE attempted_at < (SELECT webhook_now()) - make_interval(days => $1::integer) LIMIT $2))`,
  values: [days, limit],
});

/** Dead letters that nobody asked for in time. */
export const clearOldDeadLetters = (days: number, limit: number): Statement => ({
  name: "webhook_clear_old_dead_letters",
  text: `DELETE FROM webhook_delivery WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM webhook_delivery WHERE dead_since < (SELECT webhook_now()) - make_interval(days => $1::integer) LIMIT $2))`,
  values: [days, limit],
});
