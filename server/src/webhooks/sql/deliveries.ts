/**
 * Statements of the server that delivers a subscription. Each is one transaction, and each begins by changing the row of
 * progress under its token: without the lease there is no row, and so no effect.
 */
import type { WebhookOutcome } from "@onhand/protocol/subscriptions";
import {
  bigintColumn,
  booleanColumn,
  byteaColumn,
  integerColumn,
  jsonColumn,
  textArray,
  textColumn,
} from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

/** Who records, and under which lease. */
export interface LeaseOf {
  readonly subscriptionId: string;
  readonly token: number;
}

/** A subscription with its progress, as its holder sees it, and the time. */
export const loadSubscription = ({ subscriptionId, token }: LeaseOf): Statement => ({
  name: "webhook_load_subscription",
  text: `SELECT s.*, p.token, p.revision, p.position, p.last_sequence, p.failing_since, p.last_delivered_at, webhook_now() AS now
         FROM webhook_subscription s JOIN webhook_progress p USING (subscription_id)
         WHERE subscription_id = $1 AND p.token = $2`,
  values: [subscriptionId, token],
});

/** Everything that is to be delivered, in the order of the queue. */
export const loadDeliveries = (subscriptionId: string): Statement => ({
  name: "webhook_load_deliveries",
  text: `SELECT event_id, item_key, type, partition, entry_sequence, position, traceparent, ordinal, sequence, supersedes,
           tries, first_tried_at, due_at, is_held
         FROM webhook_delivery WHERE subscription_id = $1 AND dead_since IS NULL ORDER BY ordinal`,
  values: [subscriptionId],
});

/** Lanes that were parked. */
export const loadParkedLanes = (subscriptionId: string): Statement => ({
  name: "webhook_load_parked_lanes",
  text: `SELECT item_key, product_id, location_id, partition, entry_sequence, position FROM webhook_parked_lane
         WHERE subscription_id = $1 ORDER BY item_key`,
  values: [subscriptionId],
});

/** Bodies of some deliveries; null where they must be made again. */
export const loadBodies = (subscriptionId: string, eventIds: readonly string[]): Statement => ({
  name: "webhook_load_bodies",
  text: "SELECT event_id, body FROM webhook_delivery WHERE subscription_id = $1 AND event_id = ANY($2::text[])",
  values: [subscriptionId, textArray(eventIds)],
});

export interface NewDelivery {
  readonly eventId: string;
  readonly itemKey: string;
  readonly type: string;
  readonly partition: number;
  readonly entrySequence: number;
  readonly position: Uint8Array;
  readonly traceparent: string | null;
  readonly body: string;
  /** What it takes over from those in whose place it stands. */
  readonly supersedes: readonly number[];
  readonly tries: number;
  readonly firstTriedAtMs: number | null;
  /** Null: at once. */
  readonly dueAtMs: number | null;
  /** Its number, where it keeps one that it had before. */
  readonly keptSequence: number | null;
}

export interface ParkedLane {
  readonly itemKey: string;
  readonly productId: string | null;
  readonly locationId: string | null;
  readonly partition: number;
  /** Of its partition, what was read; the same as in the position. */
  readonly entrySequence: number;
  readonly position: Uint8Array;
}

export interface Intake {
  /** Where the reader stands afterwards; null leaves it where it was. */
  readonly position: Uint8Array | null;
  readonly added: readonly NewDelivery[];
  /** Whether those without a number get one now. */
  readonly numbersNow: boolean;
  /** Deliveries in whose place others stand. */
  readonly removedIds: readonly string[];
  /** Items of which dead letters are obsolete. */
  readonly renewedItems: readonly string[];
  readonly parked: readonly ParkedLane[];
  readonly unparkedItems: readonly string[];
  /** Deliveries that were held for events that will not be read again. */
  readonly releasedIds: readonly string[];
}

/** Takes events into the queue, gives them their numbers and moves the reader, all or nothing. */
export const takeIn = ({ subscriptionId, token }: LeaseOf, revision: number, intake: Intake): Statement => {
  const { added, parked } = intake;
  const numbered = intake.numbersNow ? added.filter((each) => each.keptSequence === null).length : 0;
  let place = 0;
  const numberPlaces = added.map((each) => (intake.numbersNow && each.keptSequence === null ? ++place : null));
  return {
    name: "webhook_take_in",
    text: `WITH fence AS (
             UPDATE webhook_progress SET position = coalesce($4, position), last_ordinal = last_ordinal + $5,
               last_sequence = last_sequence + $6
             WHERE subscription_id = $1 AND token = $2 AND revision = $3
             RETURNING last_ordinal - $5 AS ordinal, last_sequence - $6 AS sequence, webhook_now() AS now),
           removed AS (
             DELETE FROM webhook_delivery d USING fence
             WHERE d.subscription_id = $1
               AND (d.event_id = ANY($7::text[]) OR (d.dead_since IS NOT NULL AND d.item_key = ANY($8::text[])))),
           unparked AS (
             DELETE FROM webhook_parked_lane l USING fence WHERE l.subscription_id = $1 AND l.item_key = ANY($9::text[])),
           parked AS (
             INSERT INTO webhook_parked_lane (subscription_id, item_key, product_id, location_id, partition, entry_sequence, position)
             SELECT $1, u.* FROM fence,
               unnest($10::text[], $11::text[], $12::text[], $13::integer[], $29::bigint[], $14::bytea[]) u
             ON CONFLICT (subscription_id, item_key) DO UPDATE
               SET entry_sequence = excluded.entry_sequence, position = excluded.position),
           released AS (
             UPDATE webhook_delivery d SET is_held = false FROM fence
             WHERE d.subscription_id = $1 AND d.event_id = ANY($30::text[])),
           added AS (
             INSERT INTO webhook_delivery (subscription_id, event_id, item_key, type, partition, entry_sequence, position,
               traceparent, body, ordinal, sequence, supersedes, tries, first_tried_at, due_at, queued_at, is_held)
             SELECT $1, u.event_id, u.item_key, u.type, u.partition, u.entry_sequence, u.position, u.traceparent, u.body,
               fence.ordinal + u.place, coalesce(u.kept_sequence, fence.sequence + u.number_place),
               ARRAY(SELECT json_array_elements_text(u.supersedes)::bigint), u.tries,
               timestamptz 'epoch' + u.first_tried_ms * interval '1 millisecond',
               coalesce(timestamptz 'epoch' + u.due_ms * interval '1 millisecond', fence.now), fence.now, false
             FROM fence, unnest($15::text[], $16::text[], $17::text[], $18::integer[], $19::bigint[], $20::bytea[],
               $21::text[], $22::text[], $23::bigint[], $24::bigint[], $25::json[], $26::integer[], $27::bigint[],
               $28::bigint[]) WITH ORDINALITY
               u(event_id, item_key, type, partition, entry_sequence, position, traceparent, body, kept_sequence,
                 number_place, supersedes, tries, first_tried_ms, due_ms, place)
             ON CONFLICT (subscription_id, event_id) DO UPDATE SET ordinal = excluded.ordinal, sequence = excluded.sequence,
               supersedes = excluded.supersedes, body = excluded.body, due_at = excluded.due_at, is_held = false, dead_since = NULL)
           SELECT ordinal, sequence, now FROM fence`,
    values: [
      subscriptionId,
      token,
      revision,
      intake.position === null ? null : Buffer.from(intake.position),
      added.length,
      numbered,
      textArray(intake.removedIds),
      textArray(intake.renewedItems),
      textArray(intake.unparkedItems),
      textColumn(parked, (lane) => lane.itemKey),
      textColumn(parked, (lane) => lane.productId),
      textColumn(parked, (lane) => lane.locationId),
      integerColumn(parked, (lane) => lane.partition),
      byteaColumn(parked, (lane) => lane.position),
      textColumn(added, (each) => each.eventId),
      textColumn(added, (each) => each.itemKey),
      textColumn(added, (each) => each.type),
      integerColumn(added, (each) => each.partition),
      bigintColumn(added, (each) => each.entrySequence),
      byteaColumn(added, (each) => each.position),
      textColumn(added, (each) => each.traceparent),
      textColumn(added, (each) => each.body),
      bigintColumn(added, (each) => each.keptSequence),
      bigintColumn(
        added.map((_, index) => numberPlaces[index]!),
        (value) => value,
      ),
      jsonColumn(added, (each) => JSON.stringify(each.supersedes)),
      integerColumn(added, (each) => each.tries),
      bigintColumn(added, (each) => each.firstTriedAtMs),
      bigintColumn(added, (each) => each.dueAtMs),
      bigintColumn(parked, (lane) => lane.entrySequence),
      textArray(intake.releasedIds),
    ],
  };
};

/** Gives numbers to deliveries that are about to be sent for the first time, in their order. */
export const numberDeliveries = ({ subscriptionId, token }: LeaseOf, eventIds: readonly string[]): Statement => ({
  name: "webhook_number_deliveries",
  text: `WITH fence AS (
           UPDATE webhook_progress SET last_sequence = last_sequence + $4 WHERE subscription_id = $1 AND token = $2
           RETURNING last_sequence - $4 AS sequence)
         UPDATE webhook_delivery d SET sequence = fence.sequence + u.place
         FROM fence, unnest($3::text[]) WITH ORDINALITY u(event_id, place)
         WHERE d.subscription_id = $1 AND d.event_id = u.event_id
         RETURNING d.event_id, d.sequence`,
  values: [subscriptionId, token, textArray(eventIds), eventIds.length],
});

export interface LoggedTry {
  readonly eventId: string;
  readonly attemptedAtMs: number;
  readonly sequence: number | null;
  readonly itemKey: string;
  readonly type: string;
  readonly partition: number;
  readonly entrySequence: number;
  readonly position: Uint8Array | null;
  readonly tries: number;
  readonly outcome: WebhookOutcome;
  readonly status: number | null;
  readonly latencyMs: number | null;
  readonly detail: string | null;
  readonly response: string | null;
  readonly nextTryAtMs: number | null;
}

/** What a delivery becomes after a try. */
export interface KeptDelivery {
  readonly eventId: string;
  readonly tries: number;
  readonly firstTriedAtMs: number | null;
  readonly dueAtMs: number;
  readonly supersedes: readonly number[];
  readonly isDead: boolean;
  readonly outcome: WebhookOutcome | null;
  readonly status: number | null;
}

export interface Recorded {
  readonly tries: readonly LoggedTry[];
  /** Deliveries that are over: they arrived, or newer ones stand in their place. */
  readonly finishedIds: readonly string[];
  readonly kept: readonly KeptDelivery[];
  readonly hasSucceeded: boolean;
}

const attemptColumns = `subscription_id, event_id, attempted_at, sequence, item_key, type, partition, entry_sequence,
  position, tries, outcome, status, latency_ms, detail, response, next_try_at`;

/** Records what came of some tries. */
export const recordTries = ({ subscriptionId, token }: LeaseOf, recorded: Recorded): Statement => {
  const { tries, kept } = recorded;
  return {
    name: "webhook_record_tries",
    text: `WITH fence AS (
             UPDATE webhook_progress SET
               failing_since = CASE WHEN $3 THEN NULL ELSE coalesce(failing_since, webhook_now()) END,
               last_delivered_at = CASE WHEN $3 THEN webhook_now() ELSE last_delivered_at END
             WHERE subscription_id = $1 AND token = $2
             RETURNING revision, failing_since, webhook_now() AS now),
           finished AS (
             DELETE FROM webhook_delivery d USING fence WHERE d.subscription_id = $1 AND d.event_id = ANY($4::text[])),
           kept AS (
             UPDATE webhook_delivery d SET tries = u.tries,
               first_tried_at = timestamptz 'epoch' + u.first_tried_ms * interval '1 millisecond',
               due_at = timestamptz 'epoch' + u.due_ms * interval '1 millisecond',
               supersedes = ARRAY(SELECT json_array_elements_text(u.supersedes)::bigint),
               dead_since = CASE WHEN u.is_dead THEN fence.now END, last_outcome = u.outcome, last_status = u.status
             FROM fence, unnest($5::text[], $6::integer[], $7::bigint[], $8::bigint[], $9::json[], $10::boolean[],
               $11::text[], $12::bigint[]) u(event_id, tries, first_tried_ms, due_ms, supersedes, is_dead, outcome, status)
             WHERE d.subscription_id = $1 AND d.event_id = u.event_id),
           logged AS (
             INSERT INTO webhook_attempt (${attemptColumns})
             SELECT $1, u.event_id, timestamptz 'epoch' + u.attempted_ms * interval '1 millisecond', u.sequence, u.item_key,
               u.type, u.partition, u.entry_sequence, u.position, u.tries, u.outcome, u.status, u.latency_ms, u.detail,
               u.response, timestamptz 'epoch' + u.next_try_ms * interval '1 millisecond'
             FROM fence, unnest($13::text[], $14::bigint[], $15::bigint[], $16::text[], $17::text[], $18::integer[],
               $19::bigint[], $20::bytea[], $21::integer[], $22::text[], $23::bigint[], $24::bigint[], $25::text[],
               $26::text[], $27::bigint[])
               u(event_id, attempted_ms, sequence, item_key, type, partition, entry_sequence, position, tries, outcome,
                 status, latency_ms, detail, response, next_try_ms)
             ON CONFLICT DO NOTHING)
           SELECT revision, failing_since, now FROM fence`,
    values: [
      subscriptionId,
      token,
      recorded.hasSucceeded,
      textArray(recorded.finishedIds),
      textColumn(kept, (each) => each.eventId),
      integerColumn(kept, (each) => each.tries),
      bigintColumn(kept, (each) => each.firstTriedAtMs),
      bigintColumn(kept, (each) => each.dueAtMs),
      jsonColumn(kept, (each) => JSON.stringify(each.supersedes)),
      booleanColumn(kept, (each) => each.isDead),
      textColumn(kept, (each) => each.outcome),
      bigintColumn(kept, (each) => each.status),
      ...attemptValues(tries),
    ],
  };
};

const attemptValues = (tries: readonly LoggedTry[]): Buffer[] => [
  textColumn(tries, (each) => each.eventId),
  bigintColumn(tries, (each) => Math.round(each.attemptedAtMs)),
  bigintColumn(tries, (each) => each.sequence),
  textColumn(tries, (each) => each.itemKey),
  textColumn(tries, (each) => each.type),
  integerColumn(tries, (each) => each.partition),
  bigintColumn(tries, (each) => each.entrySequence),
  byteaColumn(tries, (each) => each.position),
  integerColumn(tries, (each) => each.tries),
  textColumn(tries, (each) => each.outcome),
  bigintColumn(tries, (each) => each.status),
  bigintColumn(tries, (each) => each.latencyMs),
  textColumn(tries, (each) => each.detail),
  textColumn(tries, (each) => each.response),
  bigintColumn(tries, (each) => each.nextTryAtMs),
];

/** Disables a subscription, says so in its log, and gives the lease back. */
export const disableSubscription = (
  { subscriptionId, token }: LeaseOf,
  reason: string,
  noticeId: string,
  detail: string,
): Statement => ({
  name: "webhook_disable",
  text: `WITH fence AS (
           UPDATE webhook_progress SET revision = revision + 1, holder = NULL, lease_until = NULL
           WHERE subscription_id = $1 AND token = $2 RETURNING webhook_now() AS now),
         noticed AS (
           INSERT INTO webhook_attempt (${attemptColumns})
           SELECT $1, $4, now, NULL, '', 'notice', 0, 0, NULL, 0, 'disabled', NULL, NULL, $5, NULL, NULL FROM fence)
         UPDATE webhook_subscription s SET status = 'disabled', status_reason = $3, status_since = fence.now,
           updated_at = fence.now, version = s.version + 1
         FROM fence WHERE s.subscription_id = $1 AND s.status = 'active' RETURNING s.subscription_id`,
  values: [subscriptionId, token, reason, noticeId, detail],
});
