/**
 * What is in an offline queue: in memory as it is in the store. An entry that waits has its place in the order from when
 * it was given to the queue, and leaves only when it was answered or dismissed.
 */
import { newIdempotencyKey } from "../idempotency-key.ts";
import type { LineRange } from "./device-log.ts";
import { itemOfFact, lineOfCommand } from "./fact.ts";
import { offlineLimits } from "./limits.ts";
import { type ItemName, itemOf } from "./order.ts";
import type {
  QueueStore,
  StoredCommand,
  StoredCopy,
  StoredLevel,
  StoredLine,
  StoredLog,
  StoredRecord,
} from "./store.ts";

/** A command under a key, or a line of the log. */
export type QueueEntry = StoredCommand | StoredLine;

/** Whether it is a line of the log, and no command. */
export const isLine = (entry: QueueEntry): entry is StoredLine => entry.kind === "line";

/** Whether it still has to be sent, or to be answered. */
export const isWaiting = ({ state }: QueueEntry): boolean => state === "pending" || state === "sent";

/** What a store holds, sorted by what it is. */
export interface Found {
  readonly contents: Contents;
  readonly log: StoredLog;
  readonly copy: StoredCopy | null;
  readonly levels: readonly StoredLevel[];
}

export class Contents {
  readonly #store: QueueStore;
  readonly #entries = new Map<number, QueueEntry>();
  readonly #items = new Map<number, ItemName>();
  /** Lines that the server has, by their numbers. */
  readonly #done = new Map<number, StoredLine>();
  /** Entries that are not durable yet. */
  readonly #storing = new Set<number>();
  #nextId = 1;
  #commandCount = 0;

  private constructor(store: QueueStore) {
    this.#store = store;
  }

  /**
   * Opens a store. A new one gets a log; commands of an older one become lines of it where they can.
   * @param deviceId of a log that begins @throws QueueLocked, QueueDamaged
   */
  static async open(store: QueueStore, deviceId: string | undefined): Promise<Found> {
    const records = [...(await store.open())].sort((one, other) => one.id - other.id);
    try {
      const news: StoredRecord[] = [];
      const isLog = (record: StoredRecord): record is StoredLog => record.kind === "log";
      let log = records.find(isLog);
      if (log === undefined) {
        log = { kind: "log", id: 0, deviceId: deviceId ?? `dev_${newIdempotencyKey()}`, lastSequence: 0 };
        news.push(log);
      }
      const contents = new Contents(store);
      for (const record of records) {
        if (!isEntry(record)) continue;
        const line = isLine(record) ? null : lineOfCommand(record);
        if (line !== null) news.push(line);
        contents.#take(line ?? record);
      }
      if (news.length > 0) await store.write(news, []);
      return {
        contents,
        log,
        copy: records.find((record) => record.kind === "copy") ?? null,
        levels: records.filter((record) => record.kind === "level"),
      };
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** Everything but what is done, oldest first. */
  entries(): IterableIterator<QueueEntry> {
    return this.#entries.values();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Entries that are commands. */
  get commandCount(): number {
    return this.#commandCount;
  }

  get(id: number): QueueEntry | undefined {
    return this.#entries.get(id);
  }

  itemOf(id: number): ItemName {
    return this.#items.get(id)!;
  }

  isStored(id: number): boolean {
    return !this.#storing.has(id);
  }

  /** @returns the id of the next entry */
  nextId(): number {
    return this.#nextId++;
  }

  /** Their places in the order are taken now, though they are sent only when they are stored. */
  async add(entries: readonly QueueEntry[]): Promise<void> {
    for (const entry of entries) {
      this.#keep(entry);
      this.#storing.add(entry.id);
    }
    try {
      await this.#store.write(entries, []);
    } catch (error) {
      for (const { id } of entries) this.#drop(id);
      throw error;
    } finally {
      for (const { id } of entries) this.#storing.delete(id);
    }
  }

  /** Replaces an entry by itself in another state. */
  async put(entry: QueueEntry): Promise<void> {
    await this.#store.write([entry], []);
    this.#entries.set(entry.id, entry);
  }

  /** Shows entries in another state than the store has them in. */
  show(entries: readonly QueueEntry[]): void {
    for (const entry of entries) this.#entries.set(entry.id, entry);
  }

  async remove(id: number): Promise<void> {
    await this.#store.write([], [id]);
    this.#drop(id);
  }

  /** Puts lines that the server has, or refused, where they belong. */
  async settle(lines: readonly StoredLine[]): Promise<void> {
    const done = lines.filter(({ state }) => state === "done");
    const tooMany = Math.max(0, this.#done.size + done.length - offlineLimits.doneLinesMax);
    const oldest = [...this.#done.values(), ...done].sort((a, b) => a.sequence! - b.sequence!).slice(0, tooMany);
    const gone = new Set(oldest.map(({ id }) => id));
    await this.#store.write(
      lines.filter(({ id }) => !gone.has(id)),
      [...gone],
    );
    for (const line of lines) {
      if (line.state !== "done") this.#entries.set(line.id, line);
      else {
        this.#drop(line.id);
        this.#done.set(line.sequence!, line);
      }
    }
    for (const { sequence } of oldest) this.#done.delete(sequence!);
  }

  /** Lines that the server had and asks for again wait again. */
  takeBack(missing: readonly LineRange[]): void {
    for (const [sequence, line] of this.#done) {
      if (!missing.some(({ first, last }) => first <= sequence && sequence <= last)) continue;
      this.#done.delete(sequence);
      this.#keep({ ...line, state: "sent" });
    }
  }

  #take(entry: QueueEntry): void {
    this.#nextId = entry.id + 1;
    if (entry.state === "done") this.#done.set(entry.sequence!, entry);
    else this.#keep(entry);
  }

  #keep(entry: QueueEntry): void {
    if (!isLine(entry) && !this.#entries.has(entry.id)) this.#commandCount += 1;
    this.#entries.set(entry.id, entry);
    this.#items.set(entry.id, isLine(entry) ? itemOfFact(entry.fact) : itemOf(entry.call));
  }

  #drop(id: number): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined && !isLine(entry)) this.#commandCount -= 1;
    this.#entries.delete(id);
    this.#items.delete(id);
  }
}

const isEntry = (record: StoredRecord): record is QueueEntry => record.kind === undefined || record.kind === "line";
