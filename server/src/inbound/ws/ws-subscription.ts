/**
 * One subscription of a WebSocket: hands on what its source has as soon as the client can take it. With an
 * acknowledgement window no more than so many events are out that the client has not acknowledged.
 */
import type { FeedRecord } from "../../feed/record.ts";
import { SharedBatches } from "../streams/event-batches.ts";
import type { FeedSource } from "../streams/feed-source.ts";
import type { Outbox } from "./ws-outbox.ts";

const shared = new SharedBatches((records: readonly FeedRecord[], id: string) => {
  const events = records.map(({ json }) => json).join(",");
  return `{"type":"events","id":${JSON.stringify(id)},"events":[${events}],"cursor":"${records.at(-1)!.cursor}"}`;
});

export interface SubscriptionOptions {
  readonly id: string;
  readonly source: FeedSource;
  /** Tells its filter apart. */
  readonly filter: string;
  /** Null when the client acknowledges nothing. */
  readonly ackWindow: number | null;
  readonly outbox: Outbox;
}

export class Subscription {
  readonly #options: SubscriptionOptions;
  /** Cursors of events that were sent and not acknowledged, in order. At most `ackWindow`. */
  readonly #unacknowledged = new Set<string>();
  /** The newest place that was told without an event, and the last event before it. */
  #told: { readonly cursor: string; readonly behind: string | null } | null = null;
  #acknowledged: () => void = () => {};

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  get cursor(): string {
    return this.#options.source.cursor;
  }

  /** Sends until it is stopped. @returns the error when its place was lost, else null */
  async run(): Promise<Error | null> {
    const { id, source, filter, ackWindow, outbox } = this.#options;
    while (!source.isStopped) {
      await outbox.writable();
      const room = ackWindow === null ? undefined : ackWindow - this.#unacknowledged.size;
      if (room === 0) {
        await new Promise<void>((resolve) => (this.#acknowledged = resolve));
        continue;
      }
      const item = await source.next(room);
      if (item === null) break;
      if (item.kind === "lost") return item.error;
      if (item.kind === "events") {
        if (ackWindow !== null) for (const { cursor } of item.records) this.#unacknowledged.add(cursor);
        outbox.send(shared.of(item.records, filter, id), item.records.length);
      } else if (item.kind === "progress") {
        this.#told = { cursor: item.cursor, behind: [...this.#unacknowledged].at(-1) ?? null };
        outbox.send(JSON.stringify({ type: "progress", id, cursor: item.cursor, caughtUp: item.isCaughtUp }));
      }
    }
    return null;
  }

  /** Everything up to a cursor was dealt with. @returns false when that cursor is not of an event that is out */
  acknowledge(cursor: string): boolean {
    const upTo = this.#told?.cursor === cursor ? this.#told.behind : cursor;
    if (upTo === null) return true;
    if (!this.#unacknowledged.has(upTo)) return false;
    for (const each of this.#unacknowledged) {
      this.#unacknowledged.delete(each);
      if (each === upTo) break;
    }
    this.#acknowledged();
    return true;
  }

  stop(): void {
    this.#options.source.stop();
    this.#acknowledged();
  }
}
