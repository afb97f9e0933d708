/** Statements of the calls that manage subscriptions. What the deliverer must know of raises the revision. */
import type { WebhookOrdering, WebhookStatus } from "@onhand/protocol/subscriptions";
import { bigintArray, textArray } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";
import type { SubscriptionFilter } from "./rows.ts";

/** The time by which webhooks are scheduled. */
export const selectNow = (): Statement => ({ name: "webhook_time", text: "SELECT webhook_now() AS now" });

export interface NewSubscription {
  readonly subscriptionId: string;
  readonly name: string | null;
  readonly url: string;
  readonly types: readonly string[];
  readonly filter: SubscriptionFilter;
  readonly ordering: WebhookOrdering;
  readonly secret: string;
  readonly createdBy: string;
}

/** Adds a subscription whose first event is the one after a position. */
export const insertSubscription = (subscription: NewSubscription, position: Uint8Array): Statement => ({
  text: `WITH added AS (
           INSERT INTO webhook_subscription (subscription_id, name, url, types, filter, ordering, secret, status, status_since,
             version, created_by, created_at, updated_at)
           SELECT $1, $2, $3, $4::text[], $5::json, $6, $7, 'active', now, 1, $8, now, now FROM webhook_now() now)
         INSERT INTO webhook_progress (subscription_id, token, revision, position, last_ordinal, last_sequence)
         VALUES ($1, 0, 1, $9, 0, 0)`,
  values: [
    subscription.subscriptionId,
    subscription.name,
    subscription.url,
    textArray(subscription.types),
    JSON.stringify(subscription.filter),
    subscription.ordering,
    subscription.secret,
    subscription.createdBy,
    Buffer.from(position),
  ],
});

/** How many subscriptions there are. */
export const countSubscriptions = (): Statement => ({
  text: "SELECT count(*)::integer AS count FROM webhook_subscription",
});

const viewed = `SELECT s.*, p.position, p.last_sequence, p.failing_since, p.last_delivered_at,
    (SELECT count(*)::integer FROM webhook_delivery d WHERE d.subscription_id = s.subscription_id AND d.dead_since IS NULL) AS queued,
    (SELECT count(*)::integer FROM webhook_delivery d WHERE d.subscription_id = s.subscription_id AND d.dead_since IS NOT NULL) AS dead_letters
  FROM webhook_subscription s JOIN webhook_progress p USING (subscription_id)`;

/** One subscription with what it has reached. */
export const selectSubscription = (subscriptionId: string): Statement => ({
  name: "webhook_select_subscription",
  text: `${viewed} WHERE s.subscription_id = $1`,
  values: [subscriptionId],
});

/** Subscriptions in the order of their ids. */
export const listSubscriptions = (after: string | null, limit: number): Statement => ({
  name: "webhook_list_subscriptions",
  text: `${viewed} WHERE ($1::text IS NULL OR s.subscription_id > $1) ORDER BY s.subscription_id LIMIT $2`,
  values: [after, limit],
});

/** Locks a subscription for a change; the lock on its progress keeps the deliverer from recording in between. */
export const lockSubscription = (subscriptionId: string): Statement => ({
  text: `SELECT s.version, s.status, s.status_reason, s.ordering, s.secret, p.position FROM webhook_progress p
         JOIN webhook_subscription s USING (subscription_id)
         WHERE subscription_id = $1 FOR UPDATE`,
  values: [subscriptionId],
});

export interface SubscriptionChange {
  readonly name: string | null | undefined;
  readonly url: string | undefined;
  readonly types: readonly string[] | undefined;
  readonly filter: SubscriptionFilter | undefined;
  readonly ordering: WebhookOrdering | undefined;
}

/** Changes the fields that are given. */
export const updateSubscription = (subscriptionId: string, change: SubscriptionChange): Statement => ({
  text: `UPDATE webhook_subscription SET
           name = CASE WHEN $2 THEN $3 ELSE name END, url = coalesce($4, url), types = coalesce($5::text[], types),
           filter = coalesce($6::json, filter), ordering = coalesce($7, ordering), version = version + 1,
           updated_at = webhook_now()
         WHERE subscription_id = $1`,
  values: [
    subscriptionId,
    change.name !== undefined,
    change.name ?? null,
    change.url ?? null,
    change.types === undefined ? null : textArray(change.types),
    change.filter === undefined ? null : JSON.stringify(change.filter),
    change.ordering ?? null,
  ],
});

/** Sets the status, when it is another one. */
export const setStatus = (subscriptionId: string, status: WebhookStatus): Statement => ({
  text: `UPDATE webhook_subscription SET status = $2, status_reason = NULL, status_since = webhook_now(),
           version = version + 1, updated_at = webhook_now()
         WHERE subscription_id = $1 AND status <> $2`,
  values: [subscriptionId, status],
});

/** Puts a new secret beside the one that signs until now. */
export const rotateSecret = (subscriptionId: string, secret: string, overlapSeconds: number): Statement => ({
  text: `UPDATE webhook_subscription SET previous_secret = secret, secret = $2,
           previous_secret_expires_at = webhook_now() + $3 * interval '1 second', version = version + 1,
           updated_at = webhook_now()
         WHERE subscription_id = $1`,
  values: [subscriptionId, secret, overlapSeconds],
});

/** Tells the deliverer that something has changed. */
export const raiseRevision = (subscriptionId: string): Statement => ({
  text: "UPDATE webhook_progress SET revision = revision + 1 WHERE subscription_id = $1",
  values: [subscriptionId],
});

/** A new start: nothing counts as failing, and everything that waits is due now. */
export const makeAllDue = (subscriptionId: string): Statement => ({
  text: `WITH fresh AS (
           UPDATE webhook_progress SET revision = revision + 1, failing_since = NULL WHERE subscription_id = $1)
         UPDATE webhook_delivery SET due_at = webhook_now()
         WHERE subscription_id = $1 AND dead_since IS NULL AND due_at > webhook_now()`,
  values: [subscriptionId],
});

/** Sets the reader to another position. */
export const moveReader = (subscriptionId: string, position: Uint8Array): Statement => ({
  text: "UPDATE webhook_progress SET position = $2, revision = revision + 1 WHERE subscription_id = $1",
  values: [subscriptionId, Buffer.from(position)],
});

/**
 * Deliveries whose events come again after a position: they wait until they are read again, and keep their numbers.
 * Lanes that were parked at or behind it are read again anyway. Index of `positions` is the partition.
 */
export const holdAfter = (subscriptionId: string, positions: readonly number[]): Statement => ({
  text: `WITH place AS (SELECT ordinality - 1 AS partition, sequence
                        FROM unnest($2::bigint[]) WITH ORDINALITY u(sequence, ordinality)),
         unparked AS (
           DELETE FROM webhook_parked_lane l USING place
           WHERE l.subscription_id = $1 AND l.partition = place.partition AND l.entry_sequence >= place.sequence)
         UPDATE webhook_delivery d SET is_held = true FROM place
         WHERE d.subscription_id = $1 AND d.partition = place.partition AND d.entry_sequence > place.sequence
           AND d.dead_since IS NULL`,
  values: [subscriptionId, bigintArray(positions)],
});

/** Forgets the items that were left for later: the journal is read from another place. */
export const forgetLanes = (subscriptionId: string): Statement => ({
  text: "DELETE FROM webhook_parked_lane WHERE subscription_id = $1",
  values: [subscriptionId],
});

/** Removes a subscription and everything that waits for it; its log goes with time. */
export const deleteSubscription = (subscriptionId: string): Statement => ({
  text: `WITH progress AS (DELETE FROM webhook_progress WHERE subscription_id = $1),
              deliveries AS (DELETE FROM webhook_delivery WHERE subscription_id = $1),
              lanes AS (DELETE FROM webhook_parked_lane WHERE subscription_id = $1)
         DELETE FROM webhook_subscription WHERE subscription_id = $1`,
  values: [subscriptionId],
});
