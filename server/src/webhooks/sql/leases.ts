/** Statements by which servers share subscriptions: leases with tokens that rise whenever the holder changes. */
import { bigintArray, textArray } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

/** Says that a server lives, and takes those off the list that have not said so for an hour. */
export const keepServer = (serverId: string, leaseMs: number): Statement => ({
  name: "webhook_keep_server",
  text: `WITH gone AS (DELETE FROM webhook_server WHERE seen_until < (SELECT webhook_now()) - interval '1 hour' AND server_id <> $1)
         INSERT INTO webhook_server (server_id, seen_until) VALUES ($1, webhook_now() + $2 * interval '1 millisecond')
         ON CONFLICT (server_id) DO UPDATE SET seen_until = excluded.seen_until`,
  values: [serverId, leaseMs],
});

/** Takes a server off the list. */
export const removeServer = (serverId: string): Statement => ({
  text: "DELETE FROM webhook_server WHERE server_id = $1",
  values: [serverId],
});

/** How many servers live, and how many subscriptions there are to share. */
export const countShares = (): Statement => ({
  name: "webhook_count_shares",
  text: `SELECT (SELECT count(*)::integer FROM webhook_server WHERE seen_until > (SELECT webhook_now())) AS servers,
           (SELECT count(*)::integer FROM webhook_subscription WHERE status = 'active') AS subscriptions`,
});

/** Takes subscriptions that nobody delivers, at most `limit`. */
export const claimLeases = (serverId: string, leaseMs: number, limit: number): Statement => ({
  name: "webhook_claim_leases",
  text: `WITH free AS (
           SELECT p.subscription_id FROM webhook_progress p JOIN webhook_subscription s USING (subscription_id)
           WHERE s.status = 'active' AND (p.holder IS NULL OR p.lease_until < (SELECT webhook_now()))
           ORDER BY p.subscription_id LIMIT $3 FOR UPDATE OF p SKIP LOCKED)
         UPDATE webhook_progress p
         SET holder = $1, token = p.token + 1, lease_until = webhook_now() + $2 * interval '1 millisecond'
         FROM free WHERE p.subscription_id = free.subscription_id
         RETURNING p.subscription_id, p.token`,
  values: [serverId, leaseMs, limit],
});

/** Extends leases; those that are no longer held under their token are not in the answer. */
export const renewLeases = (
  held: readonly { readonly subscriptionId: string; readonly token: number }[],
  leaseMs: number,
): Statement => ({
  name: "webhook_renew_leases",
  text: `UPDATE webhook_progress p SET lease_until = webhook_now() + $3 * interval '1 millisecond'
         FROM unnest($1::text[], $2::bigint[]) u(subscription_id, token)
         WHERE p.subscription_id = u.subscription_id AND p.token = u.token AND p.holder IS NOT NULL
         RETURNING p.subscription_id`,
  values: [textArray(held.map((each) => each.subscriptionId)), bigintArray(held.map((each) => each.token)), leaseMs],
});

/** What a server holds, with the revision that each has now, and the time. */
export const heldRevisions = (serverId: string): Statement => ({
  name: "webhook_held_revisions",
  text: "SELECT subscription_id, token, revision, webhook_now() AS now FROM webhook_progress WHERE holder = $1",
  values: [serverId],
});

/** Gives a lease back. */
export const releaseLease = (subscriptionId: string, token: number): Statement => ({
  name: "webhook_release_lease",
  text: "UPDATE webhook_progress SET holder = NULL, lease_until = NULL WHERE subscription_id = $1 AND token = $2",
  values: [subscriptionId, token],
});

/** Backlog, oldest, dead letters and disabled subscriptions of the installation. */
export const webhookTotals = (): Statement => ({
  name: "webhook_totals",
  text: `SELECT count(*) FILTER (WHERE dead_since IS NULL)::integer AS queued,
           count(*) FILTER (WHERE dead_since IS NOT NULL)::integer AS dead,
           coalesce(extract(epoch FROM (SELECT webhook_now()) - min(queued_at) FILTER (WHERE dead_since IS NULL)), 0)::float8 AS oldest_seconds,
           (SELECT count(*)::integer FROM webhook_subscription WHERE status = 'disabled') AS disabled
         FROM webhook_delivery`,
});
