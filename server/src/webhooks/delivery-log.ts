/** The log of tries, dead letters, test events, and sending deliveries again. */
import type { ReplayDeadLetters, ReplayDeliveries } from "@onhand/protocol/subscriptions";
import type { Database, Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { parseRfc3339Ms } from "../lib/rfc3339.ts";
import { type KeyedRequest, type Remembered, remembered } from "../registry/remembered.ts";
import type { Sender, Sent } from "./send/sender.ts";
import { keyOfSecret, signatureHeaders } from "./signing.ts";
import * as sql from "./sql/delivery-log.ts";
import type { AttemptRow, DeadLetterRow, SubscriptionRow } from "./sql/rows.ts";
import { makeAllDue, selectNow, selectSubscription } from "./sql/subscriptions.ts";
import { badField, noSubscription } from "./subscription-refusal.ts";
import { lock } from "./subscriptions.ts";

const deliveryLogLimits = { replayedMax: 10_000 } as const;

export interface DeliveryLogOptions {
  readonly database: Database;
  readonly sender: Pick<Sender, "send">;
  readonly clock: Clock;
  /** `source` of the test event. */
  readonly eventSource: string;
  readonly onChanged: () => void;
}

/** A place in the log: a time and the event tried then. */
export type AttemptPlace = { readonly atMs: number; readonly eventId: string };

/** What came of a test event. */
export interface PingOutcome extends Sent {
  readonly eventId: string;
  readonly attemptedAtMs: number;
}

export class DeliveryLog {
  readonly #options: DeliveryLogOptions;

  constructor(options: DeliveryLogOptions) {
    this.#options = options;
  }

  /** Sends a signed event that means nothing, now, whatever the status of the subscription. @throws WorkRefusal */
  async ping(subscriptionId: string, signal: AbortSignal): Promise<PingOutcome> {
    const { database, sender, clock, eventSource } = this.#options;
    const subscription = await this.#subscription(subscriptionId);
    const { rows: times } = await database.query<{ now: number }>(selectNow());
    const nowMs = times[0]!.now;
    const eventId = sortableId("ping_", clock.nowMs());
    const body = JSON.stringify({
      specversion: "1.0",
      id: eventId,
      source: eventSource,
      type: "webhook.ping.v1",
      subject: subscriptionId,
      time: new Date(nowMs).toISOString(),
      data: { subscriptionId },
    });
    const { secret, previous_secret, previous_secret_expires_at } = subscription;
    const secrets = (previous_secret_expires_at ?? 0) > nowMs ? [secret, previous_secret!] : [secret];
    const keys = secrets.flatMap((each) => keyOfSecret(each) ?? []);
    const headers = {
      "content-type": "application/cloudevents+json; charset=utf-8",
      ...signatureHeaders(keys, eventId, Math.floor(nowMs / 1000), body),
    };
    const sent = await sender.send({ url: subscription.url, headers, body }, signal);
    const { rows } = await database.query<{ attempted_at: number }>(sql.logPing(subscriptionId, eventId, sent));
    return { ...sent, eventId, attemptedAtMs: rows[0]!.attempted_at };
  }

  /** Tries, newest first. @throws WorkRefusal */
  async attempts(
    subscriptionId: string,
    filter: { readonly eventId: string | null; readonly outcome: string | null },
    after: AttemptPlace | null,
    limit: number,
  ): Promise<{ rows: AttemptRow[]; next: AttemptPlace | null }> {
    await this.#subscription(subscriptionId);
    const { rows } = await this.#options.database.query<AttemptRow>(
      sql.listAttempts(subscriptionId, filter, after, limit + 1),
    );
    const last = rows[limit - 1];
    const hasMore = rows.length > limit && last !== undefined;
    return {
      rows: rows.slice(0, limit),
      next: hasMore ? { atMs: last.attempted_at, eventId: last.event_id } : null,
    };
  }

  /** @throws WorkRefusal */
  async deadLetters(
    subscriptionId: string,
    after: number | null,
    limit: number,
  ): Promise<{ rows: DeadLetterRow[]; next: number | null }> {
    await this.#subscription(subscriptionId);
    const { rows } = await this.#options.database.query<DeadLetterRow & { ordinal: number }>(
      sql.listDeadLetters(subscriptionId, after, limit + 1),
    );
    const last = rows[limit - 1];
    return { rows: rows.slice(0, limit), next: rows.length > limit && last !== undefined ? last.ordinal : null };
  }

  /** Sends deliveries of the log again, under their ids and numbers. @throws WorkRefusal */
  replay(request: KeyedRequest, subscriptionId: string, body: ReplayDeliveries): Promise<Remembered<Requeued>> {
    const selection = selectionOf(body);
    if (Object.values(selection).every((value) => value === null))
      throw badField("/sequences", "is missing. Say what to send again by sequences, times or eventIds.");
    return this.#requeue(request, subscriptionId, async (connection, ordering) => {
      const { replayedMax } = deliveryLogLimits;
      const { rows } = await connection.query<{ numbers: number; events: number }>(
        sql.countChosen(subscriptionId, selection, replayedMax + 1),
      );
      const { numbers, events } = rows[0]!;
      if (numbers > replayedMax)
        throw badField(
          "/sequences",
          `choose more than ${replayedMax} deliveries. Replay them in parts, or backfill from a cursor.`,
        );
      const { rowCount } = await connection.query(
        sql.replayChosen(subscriptionId, selection, replayedMax, ordering === "latest"),
      );
      return { queued: rowCount ?? 0, skipped: events - (rowCount ?? 0) };
    });
  }

  /** Puts dead letters back into the queue: all, or those that are chosen. @throws WorkRefusal */
  replayDeadLetters(
    request: KeyedRequest,
    subscriptionId: string,
    body: ReplayDeadLetters,
  ): Promise<Remembered<Requeued>> {
    return this.#requeue(request, subscriptionId, async (connection) => {
      const { rowCount } = await connection.query(sql.reviveDeadLetters(subscriptionId, selectionOf(body)));
      return { queued: rowCount ?? 0, skipped: 0 };
    });
  }

  async #requeue(
    request: KeyedRequest,
    subscriptionId: string,
    work: (connection: Queryable, ordering: string) => Promise<Requeued>,
  ): Promise<Remembered<Requeued>> {
    const result = await remembered(this.#options.database, request, async (connection) => {
      await lock(connection, subscriptionId, null);
      const { rows } = await connection.query<SubscriptionRow>(selectSubscription(subscriptionId));
      const requeued = await work(connection, rows[0]!.ordering);
      await connection.query(makeAllDue(subscriptionId));
      return requeued;
    });
    this.#options.onChanged();
    return result;
  }

  async #subscription(subscriptionId: string): Promise<SubscriptionRow> {
    const { rows } = await this.#options.database.query<SubscriptionRow>(selectSubscription(subscriptionId));
    const [row] = rows;
    if (row === undefined) throw noSubscription(subscriptionId);
    return row;
  }
}

interface Requeued {
  readonly queued: number;
  readonly skipped: number;
}

const selectionOf = ({ sequences, times, eventIds }: ReplayDeliveries): sql.Selection => ({
  fromSequence: sequences?.from ?? null,
  toSequence: sequences?.to ?? null,
  fromMs: times === undefined ? null : parseRfc3339Ms(times.from),
  toMs: times === undefined ? null : parseRfc3339Ms(times.to),
  eventIds: eventIds ?? null,
});
