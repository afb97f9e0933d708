/**
 * Keeps an offline queue in a browser's IndexedDB. Web Locks see to it that one tab uses it at a time; the lock is free again
 * as soon as the tab is gone.
 */
import { browser, type DbDatabase, type DbObjectStore, type DbRequest } from "./browser-globals.ts";
import { QueueLocked, type QueueStore, type StoredRecord } from "./store.ts";

const objectStore = "commands";

/** @param name of the database; one for each queue */
export function indexedDbStore(name = "onhand-queue"): QueueStore {
  return new IndexedDbStore(name);
}

class IndexedDbStore implements QueueStore {
  readonly #name: string;
  #database: DbDatabase | null = null;
  #release: () => void = () => {};

  constructor(name: string) {
    this.#name = name;
  }

  async open(): Promise<readonly StoredRecord[]> {
    await this.#lock();
    try {
      const opening = browser().indexedDB.open(this.#name, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(objectStore, { keyPath: "id" });
      this.#database = await resultOf(opening);
      const transaction = this.#database.transaction(objectStore, "readonly");
      return await resultOf(transaction.objectStore(objectStore).getAll<StoredRecord>());
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  write(puts: readonly StoredRecord[], removes: readonly number[]): Promise<void> {
    return this.#change((store) => {
      for (const record of puts) store.put(record);
      for (const id of removes) store.delete(id);
    });
  }

  async close(): Promise<void> {
    this.#database?.close();
    this.#database = null;
    this.#release();
  }

  #change(change: (store: DbObjectStore) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#database === null) throw new Error("the store is closed");
      const transaction = this.#database.transaction(objectStore, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      change(transaction.objectStore(objectStore));
    });
  }

  async #lock(): Promise<void> {
    const { locks } = browser().navigator;
    if (locks === undefined)
      throw new QueueLocked(
        "this page has no Web Locks, without which two tabs could send at once; serve it over https",
      );
    const isHeld = await new Promise<boolean>((resolve, reject) => {
      const released = new Promise<void>((release) => {
        this.#release = release;
      });
      locks
        .request(`onhand-queue:${this.#name}`, { ifAvailable: true }, (lock) => {
          resolve(lock !== null);
          return lock === null ? undefined : released;
        })
        .catch(reject);
    });
    if (!isHeld) throw new QueueLocked(`another tab uses the queue ${this.#name}; use that one, or close it`);
  }
}

function resultOf<Result>(request: DbRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
