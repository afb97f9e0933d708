/** A store that remembers like a disk, as long as the test runs. */
import type { QueueStore, StoredRecord } from "../../src/offline/store.ts";

export interface MemoryStore extends QueueStore {
  readonly records: Map<number, StoredRecord>;
  /** What was written, in order, as `1 sent` or `1 removed`. */
  readonly log: string[];
  /** Commands and lines. */
  entries(): StoredRecord[];
}

export function memoryStore(stored: readonly StoredRecord[] = []): MemoryStore {
  const records = new Map(stored.map((record) => [record.id, record]));
  const log: string[] = [];
  return {
    records,
    log,
    entries: () => [...records.values()].filter(({ id }) => id > 0),
    open: async () => [...records.values()],
    async write(puts, removes) {
      for (const record of puts) {
        records.set(record.id, structuredClone(record));
        log.push(`${record.id} ${"state" in record ? record.state : record.kind}`);
      }
      for (const id of removes) {
        records.delete(id);
        log.push(`${id} removed`);
      }
    },
    close: async () => {},
  };
}
