/**
 * A consumer of the polled feed that goes from server to server with its cursor, stops in the middle of pages, and
 * insists that every partition's events come as 1, 2, 3 … and that each continues the item it concerns.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { FeedEvent } from "@onhand/protocol/events";
import type { InventoryItem } from "@onhand/protocol/resources";
import { parseMovementId } from "../../src/core/record/ids.ts";
import { request } from "../support/server-process.ts";
import { type Directory, randomNumbers } from "./load.ts";

interface Page {
  readonly data: FeedEvent[];
  readonly nextCursor: string;
}

interface ItemEventData {
  readonly cursor: string;
  readonly item?: InventoryItem;
  readonly previous?: InventoryItem | null;
  readonly change?: { readonly stockLevel: number };
  readonly notice?: object;
}

export interface FollowerOptions {
  readonly directory: Directory;
  readonly seed: number;
  /** Where to begin, with the items as they are there; from the first event when absent. */
  readonly from?: { readonly cursor: string; readonly items: readonly InventoryItem[] };
}

export class FeedFollower {
  /** Items by id, folded from the events. */
  readonly items = new Map<string, InventoryItem>();
  /** What was wrong with the feed. */
  readonly faults: string[] = [];
  /** Last sequence by partition. */
  readonly positions = new Map<number, number>();
  eventCount = 0;
  /** Answers that were no page: status, or why there was none. */
  readonly failures: (number | string)[] = [];
  readonly #options: FollowerOptions;
  readonly #random: (limit: number) => number;
  readonly #done: Promise<void>;
  #cursor: string | null;
  #isLast = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#random = randomNumbers(options.seed);
    this.#cursor = options.from?.cursor ?? null;
    for (const item of options.from?.items ?? []) this.items.set(item.inventoryId, item);
    this.#done = this.#follow();
  }

  /** Reads to the end of the feed and stops. */
  async finish(): Promise<this> {
    this.#isLast = true;
    await this.#done;
    return this;
  }

  async #follow(): Promise<void> {
    for (let round = this.#options.seed; ; round++) {
      const isLast = this.#isLast;
      const page = await this.#read(this.#options.directory.pick(round, 0), isLast);
      if (page === null) continue;
      this.#take(page);
      if (isLast && page.data.length === 0) return;
    }
  }

  async #read(url: string, isLast: boolean): Promise<Page | null> {
    const query = new URLSearchParams({ limit: String(1 + this.#random(200)) });
    if (this.#cursor !== null) query.set("since", this.#cursor);
    if (!isLast) query.set("wait", "1");
    try {
      const answer = await request<Page>(url, "GET", `/v1/inventory/updates?${query}`);
      if (answer.status === 200) return answer.body;
      this.failures.push(answer.status);
      if (answer.status < 500) throw new Error(`the feed cannot go on: ${JSON.stringify(answer.body)}`);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith("the feed")) throw error;
      this.failures.push(String(error));
    }
    await delay(50);
    return null;
  }

  /** Takes a page, or its beginning, as a consumer that was stopped in between would have. */
  #take({ data, nextCursor }: Page): void {
    const taken = data.length > 1 && this.#random(4) === 0 ? 1 + this.#random(data.length - 1) : data.length;
    for (const event of data.slice(0, taken)) this.#takeEvent(event);
    this.#cursor = taken === data.length ? nextCursor : (data[taken - 1]!.data as unknown as ItemEventData).cursor;
  }

  #takeEvent(event: FeedEvent): void {
    this.eventCount += 1;
    const position = parseMovementId(event.id);
    if (position === null) return void this.faults.push(`${event.id} names no position`);
    const { partition, sequence } = position;
    const before = this.positions.get(partition) ?? (this.#options.from === undefined ? 0 : sequence - 1);
    if (sequence !== before + 1) this.faults.push(`partition ${partition}: ${sequence} follows ${before}`);
    if (Number(event.sequence) !== sequence) this.faults.push(`${event.id} says that it is ${event.sequence}`);
    this.positions.set(partition, sequence);
    const { item, previous, change, notice } = event.data as unknown as ItemEventData;
    if (item === undefined) return;
    const known = this.items.get(item.inventoryId);
    // A notice tells of the item at the version it has; all that is another is what was told.
    if (notice !== undefined) {
      if (known !== undefined && item.version > known.version) this.faults.push(`${event.id} tells of a later version`);
      if (known === undefined || item.version === known.version) this.items.set(item.inventoryId, item);
      return;
    }
    // A snapshot may be ahead of its cursor: its items hold events that are still to come.
    if (known !== undefined && known.version >= item.version) {
      if (this.#options.from === undefined) this.faults.push(`${event.id} is version ${item.version} once more`);
      return;
    }
    if (item.version !== (known?.version ?? 0) + 1) this.faults.push(`${event.id} skips a version of its item`);
    if ((previous?.stockLevel ?? 0) !== (known?.stockLevel ?? 0))
      this.faults.push(`${event.id} continues another level`);
    if ((known?.stockLevel ?? 0) + change!.stockLevel !== item.stockLevel)
      this.faults.push(`${event.id} does not add up`);
    this.items.set(item.inventoryId, item);
  }
}
