/** Manages subscriptions for those who own them. What changes how one is delivered tells its deliverer, whichever server that is. */
import type {
  BackfillSubscription,
  CreateSubscription,
  PatchSubscription,
  RotateSecret,
  WebhookStatus,
} from "@onhand/protocol/subscriptions";
import { encodeVector, type PositionVector } from "../core/record/position-vector.ts";
import type { Database, Queryable } from "../db/pool.ts";
import { PositionLost } from "../feed/feed-reader.ts";
import type { Clock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { type KeyedRequest, type Remembered, remembered } from "../registry/remembered.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import { type TargetGuard, TargetRefused } from "./address/target-guard.ts";
import { feedFilterOf } from "./delivery-store.ts";
import type { EventSource } from "./event-source.ts";
import { keyOfSecret, newSecret } from "./signing.ts";
import { reviveDeadLetters } from "./sql/delivery-log.ts";
import type { SubscriptionRow } from "./sql/rows.ts";
import * as sql from "./sql/subscriptions.ts";
import { badField, noSubscription } from "./subscription-refusal.ts";

const subscriptionLimits = {
  subscriptionsMax: 1_000,
  resolveMsMax: 2_000,
  overlapSecondsByDefault: 86_400,
} as const;

/** A subscription as it is shown. */
export interface ShownSubscription extends SubscriptionRow {
  readonly position: Buffer;
  readonly last_sequence: number;
  readonly failing_since: number | null;
  readonly last_delivered_at: number | null;
  readonly queued: number;
  readonly dead_letters: number;
}

interface LockedRow {
  readonly version: number;
  readonly status: WebhookStatus;
  readonly status_reason: string | null;
  readonly position: Buffer;
}

export interface SubscriptionsOptions {
  readonly database: Database;
  readonly guard: TargetGuard;
  readonly events: EventSource;
  readonly clock: Clock;
  /** Where the feed ends now. */
  readonly heads: () => Promise<PositionVector>;
  /** @returns null for a cursor that was not made here */
  readonly readCursor: (cursor: string) => PositionVector | null;
  /** Subscriptions were changed here. */
  readonly onChanged: () => void;
}

/** The newest state of a subscription, and whether it is the answer to a repeat. */
export type Changed = Remembered<{ readonly subscriptionId: string; readonly secret?: string }>;

export class Subscriptions {
  readonly #options: SubscriptionsOptions;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** @throws WorkRefusal */
  async get(subscriptionId: string): Promise<ShownSubscription> {
    const { rows } = await this.#options.database.query<ShownSubscription>(sql.selectSubscription(subscriptionId));
    const [row] = rows;
    if (row === undefined) throw noSubscription(subscriptionId);
    return row;
  }

  /** The signed cursor of the place that a subscription has reached. */
  cursorOf({ position }: ShownSubscription): string {
    return this.#options.events.cursorOf(position);
  }

  async list(after: string | null, limit: number): Promise<{ rows: ShownSubscription[]; next: string | null }> {
    const { rows } = await this.#options.database.query<ShownSubscription>(sql.listSubscriptions(after, limit + 1));
    return {
      rows: rows.slice(0, limit),
      next: rows.length > limit ? rows[limit - 1]!.subscription_id : null,
    };
  }

  /** Begins with the first event after this call. @throws WorkRefusal */
  async create(request: KeyedRequest, body: CreateSubscription): Promise<Changed> {
    const url = await this.#readUrl(body.url);
    const secret = readSecret(body.secret);
    const position = encodeVector(await this.#options.heads());
    const subscriptionId = sortableId("sub_", this.#options.clock.nowMs());
    return this.#change(request, async (connection) => {
      await requireRoom(connection);
      const { name = null, types = [], filter = {}, ordering = "key" } = body;
      const createdBy = request.principal;
      await connection.query(
        sql.insertSubscription({ subscriptionId, name, url, types, filter, ordering, secret, createdBy }, position),
      );
      return { subscriptionId, secret };
    });
  }

  /** @throws WorkRefusal */
  async patch(
    request: KeyedRequest,
    subscriptionId: string,
    body: PatchSubscription,
    version: number | null,
  ): Promise<Changed> {
    const url = body.url === undefined ? undefined : await this.#readUrl(body.url);
    return this.#change(request, async (connection) => {
      await lock(connection, subscriptionId, version);
      const { name, types, filter, ordering } = body;
      await connection.query(sql.updateSubscription(subscriptionId, { name, url, types, filter, ordering }));
      await connection.query(sql.raiseRevision(subscriptionId));
      return { subscriptionId };
    });
  }

  /** @throws WorkRefusal */
  delete(request: KeyedRequest, subscriptionId: string, version: number | null): Promise<Changed> {
    return this.#change(request, async (connection) => {
      await lock(connection, subscriptionId, version);
      await connection.query(sql.deleteSubscription(subscriptionId));
      return { subscriptionId };
    });
  }

  /** Keeps its place and sends nothing until it is resumed. @throws WorkRefusal */
  pause(request: KeyedRequest, subscriptionId: string): Promise<Changed> {
    return this.#change(request, async (connection) => {
      await lock(connection, subscriptionId, null);
      await connection.query(sql.setStatus(subscriptionId, "paused"));
      await connection.query(sql.raiseRevision(subscriptionId));
      return { subscriptionId };
    });
  }

  /** Goes on; whatever waits for its next try is due at once. @throws WorkRefusal */
  resume(request: KeyedRequest, subscriptionId: string): Promise<Changed> {
    return this.#change(request, async (connection) => {
      await lock(connection, subscriptionId, null);
      await connection.query(sql.setStatus(subscriptionId, "active"));
      await connection.query(sql.makeAllDue(subscriptionId));
      return { subscriptionId };
    });
  }

  /** @throws WorkRefusal */
  rotateSecret(request: KeyedRequest, subscriptionId: string, body: RotateSecret): Promise<Changed> {
    const secret = readSecret(body.secret);
    return this.#change(request, async (connection) => {
      await lock(connection, subscriptionId, null);
      const overlapSeconds = body.overlapSeconds ?? subscriptionLimits.overlapSecondsByDefault;
      await connection.query(sql.rotateSecret(subscriptionId, secret, overlapSeconds));
      await connection.query(sql.raiseRevision(subscriptionId));
      return { subscriptionId, secret };
    });
  }

  /**
   * Makes up for everything that was missed: active again, dead letters and what waits due at once, the rest from where
   * it stood or from a cursor. @throws WorkRefusal
   */
  async backfill(request: KeyedRequest, subscriptionId: string, { cursor }: BackfillSubscription): Promise<Changed> {
    const shown = await this.get(subscriptionId);
    const from = cursor === undefined ? null : this.#readCursor(cursor);
    await this.#requireReadable(from ?? this.#readCursor(this.cursorOf(shown)), shown);
    return this.#change(request, async (connection) => {
      const { status_reason: reason } = await lock(connection, subscriptionId, null);
      await connection.query(sql.setStatus(subscriptionId, "active"));
      await connection.query(reviveDeadLetters(subscriptionId, everyDeadLetter));
      await connection.query(sql.makeAllDue(subscriptionId));
      if (from !== null) {
        // What made its place unreadable holds for items that were left further back, too.
        if (reason === "cursor_lost") await connection.query(sql.forgetLanes(subscriptionId));
        await connection.query(sql.holdAfter(subscriptionId, from.positions));
        await connection.query(sql.moveReader(subscriptionId, encodeVector(from)));
      }
      return { subscriptionId };
    });
  }

  async #change<Answer extends object>(
    request: KeyedRequest,
    work: (connection: Queryable) => Promise<Answer>,
  ): Promise<Remembered<Answer>> {
    const result = await remembered(this.#options.database, request, work);
    this.#options.onChanged();
    return result;
  }

  async #readUrl(text: string): Promise<string> {
    try {
      const url = this.#options.guard.readUrl(text);
      await this.#lookAtName(text);
      return url.href;
    } catch (error) {
      if (error instanceof TargetRefused) throw badField("/url", error.message);
      throw error;
    }
  }

  /** A name server that does not answer must not hold up the call: what a name leads to is looked at again whenever it is sent to. */
  async #lookAtName(text: string): Promise<void> {
    const { promise: isOver, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(subscriptionLimits.resolveMsMax, resolve);
    const looking = this.#options.guard.readNewUrl(text);
    looking.catch(() => {});
    await Promise.race([looking, isOver]).finally(cancel);
  }

  #readCursor(cursor: string): PositionVector {
    const vector = this.#options.readCursor(cursor);
    if (vector !== null) return vector;
    throw badField(
      "/cursor",
      "is no cursor of this server. Send a webhook-feed-cursor or Onhand-Cursor as it was given out.",
    );
  }

  async #requireReadable(from: PositionVector, { filter, types }: ShownSubscription): Promise<void> {
    try {
      (await this.#options.events.follow(from, feedFilterOf(filter, types))).close();
    } catch (error) {
      if (!(error instanceof PositionLost)) throw error;
      const snapshot = "/v1/inventory";
      throw new WorkRefusal(
        "cursor_expired",
        `${error.message}. Take a snapshot with GET ${snapshot} and backfill from its Onhand-Cursor.`,
        { snapshot },
      );
    }
  }
}

const everyDeadLetter = { fromSequence: null, toSequence: null, fromMs: null, toMs: null, eventIds: null };

function readSecret(given: string | undefined): string {
  if (given === undefined) return newSecret();
  if (keyOfSecret(given) !== null) return given;
  throw badField("/secret", "is no secret of webhooks. Send whsec_ and 24 to 64 bytes in base64, or leave it out.");
}

async function requireRoom(connection: Queryable): Promise<void> {
  const { rows } = await connection.query<{ count: number }>(sql.countSubscriptions());
  const limit = subscriptionLimits.subscriptionsMax;
  if (rows[0]!.count < limit) return;
  throw new WorkRefusal("forbidden", `There are ${limit} subscriptions, and no more are taken. Delete one first.`, {
    limit,
  });
}

/** Locks a subscription, and holds it against the version that the caller knows. @throws WorkRefusal */
export async function lock(connection: Queryable, subscriptionId: string, version: number | null): Promise<LockedRow> {
  const { rows } = await connection.query<LockedRow>(sql.lockSubscription(subscriptionId));
  const [row] = rows;
  if (row === undefined) throw noSubscription(subscriptionId);
  if (version === null || row.version === version) return row;
  throw new WorkRefusal(
    "version_conflict",
    `The subscription has changed: it has version ${row.version} now. Read it again and repeat the change.`,
    { currentEtag: `"${row.version}"`, status: 412 },
  );
}
