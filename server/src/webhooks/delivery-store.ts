/** What the server that delivers a subscription reads and records, each under its lease. */
import type { WebhookOrdering } from "@onhand/protocol/subscriptions";
import { decodeVector, type PositionVector } from "../core/record/position-vector.ts";
import type { Database } from "../db/pool.ts";
import type { FeedFilter } from "../feed/filter.ts";
import type { DatabaseTime } from "./database-time.ts";
import { type Admission, intakeLimits, type Lane, type QueuedDelivery } from "./plan/intake.ts";
import { keyOfSecret } from "./signing.ts";
import * as sql from "./sql/deliveries.ts";
import type { DeliveryRow, ParkedLaneRow, ProgressRow, SubscriptionFilter, SubscriptionRow } from "./sql/rows.ts";

/** The subscription is delivered by another server, was changed, or is gone. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** A subscription as it is delivered. */
export interface ActiveSubscription {
  readonly subscriptionId: string;
  readonly isActive: boolean;
  readonly url: string;
  readonly ordering: WebhookOrdering;
  readonly filter: FeedFilter;
  readonly secret: string;
  readonly previousSecret: { readonly secret: string; readonly expiresAtMs: number } | null;
  readonly revision: number;
  readonly position: PositionVector;
}

export interface Loaded {
  readonly subscription: ActiveSubscription;
  readonly waiting: readonly QueuedDelivery[];
  readonly held: readonly QueuedDelivery[];
  readonly parked: readonly Lane[];
}

/** What is queued at once, in terms of the plan. */
export interface TakeIn {
  readonly position: Uint8Array | null;
  readonly admitted: readonly Admission[];
  readonly removedIds: readonly string[];
  readonly parked: readonly Lane[];
  readonly unparkedItems: readonly string[];
  readonly releasedIds: readonly string[];
}

/** The whole filter of a subscription, for the feed. */
export function feedFilterOf(filter: SubscriptionFilter, types: readonly string[]): FeedFilter {
  return {
    productIds: filter.productIds ?? [],
    skus: filter.skus ?? [],
    locationIds: filter.locationIds ?? [],
    locationGroups: filter.locationGroups ?? [],
    channelIds: filter.channelIds ?? [],
    types,
  };
}

/** The keys that sign at a time, the newest first. */
export function liveKeys({ secret, previousSecret }: ActiveSubscription, nowMs: number): Buffer[] {
  const secrets =
    previousSecret !== null && previousSecret.expiresAtMs > nowMs ? [secret, previousSecret.secret] : [secret];
  return secrets.flatMap((each) => keyOfSecret(each) ?? []);
}

export class DeliveryStore {
  readonly #database: Database;
  readonly #time: DatabaseTime;

  constructor(database: Database, time: DatabaseTime) {
    this.#database = database;
    this.#time = time;
  }

  /** @throws LeaseLost */
  async load(lease: sql.LeaseOf): Promise<Loaded> {
    const { rows } = await this.#database.query<SubscriptionRow & ProgressRow & { now: number }>(
      sql.loadSubscription(lease),
    );
    const [row] = rows;
    if (row === undefined) throw new LeaseLost("the lease is another server's");
    this.#time.observe(row.now);
    const position = decodeVector(row.position);
    if (position === null) throw new Error(`subscription ${lease.subscriptionId} has a position that cannot be read`);
    const [deliveries, lanes] = await Promise.all([
      this.#database.query<DeliveryRow>(sql.loadDeliveries(lease.subscriptionId)),
      this.#database.query<ParkedLaneRow>(sql.loadParkedLanes(lease.subscriptionId)),
    ]);
    const queued = deliveries.rows.map((each) => ({ isHeld: each.is_held, delivery: deliveryOf(each) }));
    return {
      subscription: subscriptionOf(row, position),
      waiting: queued.filter((each) => !each.isHeld).map((each) => each.delivery),
      held: queued.filter((each) => each.isHeld).map((each) => each.delivery),
      parked: lanes.rows.map(laneOf),
    };
  }

  /** Queues what was planned. @returns the deliveries as they are queued now @throws LeaseLost */
  async takeIn(
    lease: sql.LeaseOf,
    { revision, ordering }: ActiveSubscription,
    intake: TakeIn,
  ): Promise<QueuedDelivery[]> {
    const numbersNow = ordering !== "latest";
    const added = intake.admitted.map(newDeliveryOf);
    const { rows } = await this.#database.query<{ ordinal: number; sequence: number; now: number }>(
      sql.takeIn(lease, revision, {
        ...intake,
        added,
        numbersNow,
        renewedItems: ordering === "latest" ? added.map((each) => each.itemKey) : [],
      }),
    );
    const [row] = rows;
    if (row === undefined) throw new LeaseLost("the lease is lost, or the subscription was changed");
    this.#time.observe(row.now);
    let sequence = row.sequence;
    return added.map((each, index) => ({
      ...each,
      ordinal: row.ordinal + index + 1,
      sequence: each.keptSequence ?? (numbersNow ? ++sequence : null),
      dueAtMs: each.dueAtMs ?? row.now,
      body: index < intakeLimits.bodiesMax ? each.body : null,
    }));
  }

  /** Gives numbers to deliveries that have none. @throws LeaseLost */
  async number(lease: sql.LeaseOf, deliveries: readonly QueuedDelivery[]): Promise<void> {
    const eventIds = deliveries.map((each) => each.eventId);
    const { rows } = await this.#database.query<{ event_id: string; sequence: number }>(
      sql.numberDeliveries(lease, eventIds),
    );
    const sequences = new Map(rows.map((row) => [row.event_id, row.sequence]));
    for (const delivery of deliveries) {
      delivery.sequence = sequences.get(delivery.eventId) ?? null;
      if (delivery.sequence === null) throw new LeaseLost("the lease is lost, or the delivery is gone");
    }
  }

  /** Bodies by event; null where they must be made again. */
  async bodies(subscriptionId: string, eventIds: readonly string[]): Promise<Map<string, string | null>> {
    const { rows } = await this.#database.query<{ event_id: string; body: string | null }>(
      sql.loadBodies(subscriptionId, eventIds),
    );
    return new Map(rows.map((row) => [row.event_id, row.body]));
  }

  /** @returns the revision, and since when nothing has succeeded @throws LeaseLost */
  async record(
    lease: sql.LeaseOf,
    recorded: sql.Recorded,
  ): Promise<{ revision: number; failingSinceMs: number | null }> {
    const { rows } = await this.#database.query<{ revision: number; failing_since: number | null; now: number }>(
      sql.recordTries(lease, recorded),
    );
    const [row] = rows;
    if (row === undefined) throw new LeaseLost("the lease is lost");
    this.#time.observe(row.now);
    return { revision: row.revision, failingSinceMs: row.failing_since };
  }

  /** @returns whether it was active until now */
  async disable(lease: sql.LeaseOf, reason: string, noticeId: string, detail: string): Promise<boolean> {
    return (await this.#database.query(sql.disableSubscription(lease, reason, noticeId, detail))).rows.length > 0;
  }
}

function subscriptionOf(row: SubscriptionRow & ProgressRow, position: PositionVector): ActiveSubscription {
  return {
    subscriptionId: row.subscription_id,
    isActive: row.status === "active",
    url: row.url,
    ordering: row.ordering,
    filter: feedFilterOf(row.filter, row.types),
    secret: row.secret,
    previousSecret:
      row.previous_secret === null
        ? null
        : { secret: row.previous_secret, expiresAtMs: row.previous_secret_expires_at! },
    revision: row.revision,
    position,
  };
}

const deliveryOf = (row: DeliveryRow): QueuedDelivery => ({
  eventId: row.event_id,
  itemKey: row.item_key,
  type: row.type,
  partition: row.partition,
  entrySequence: row.entry_sequence,
  position: row.position,
  traceparent: row.traceparent,
  body: null,
  ordinal: row.ordinal,
  sequence: row.sequence,
  supersedes: row.supersedes.map(Number),
  tries: row.tries,
  firstTriedAtMs: row.first_tried_at,
  dueAtMs: row.due_at,
});

const laneOf = (row: ParkedLaneRow): Lane => ({
  itemKey: row.item_key,
  productId: row.product_id,
  locationId: row.location_id,
  partition: row.partition,
  entrySequence: row.entry_sequence,
  position: row.position,
});

const newDeliveryOf = ({ arrival, takenOver, dueAtMs, keptSequence }: Admission): sql.NewDelivery => ({
  eventId: arrival.eventId,
  itemKey: arrival.itemKey,
  type: arrival.type,
  partition: arrival.partition,
  entrySequence: arrival.entrySequence,
  position: arrival.position,
  traceparent: arrival.traceparent,
  body: arrival.body,
  ...takenOver,
  dueAtMs,
  keptSequence,
});
