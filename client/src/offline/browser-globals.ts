/** The parts of IndexedDB and Web Locks that are used, as types: the types of browsers would hide what Node lacks. */

export interface DbRequest<Result> {
  readonly result: Result;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

export interface DbObjectStore {
  put(value: object): void;
  delete(key: number): void;
  getAll<Value>(): DbRequest<Value[]>;
}

interface DbTransaction {
  readonly error: unknown;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
  objectStore(name: string): DbObjectStore;
}

export interface DbDatabase {
  createObjectStore(name: string, options: { keyPath: string }): void;
  transaction(name: string, mode: "readonly" | "readwrite", options?: { durability: "strict" }): DbTransaction;
  close(): void;
}

interface Browser {
  readonly indexedDB: {
    open(name: string, version: number): DbRequest<DbDatabase> & { onupgradeneeded: (() => void) | null };
  };
  readonly navigator: {
    readonly locks?: {
      request(
        name: string,
        options: { ifAvailable: boolean },
        hold: (lock: object | null) => Promise<void> | undefined,
      ): Promise<unknown>;
    };
  };
}

/** What a browser has that others have not. */
export const browser = (): Browser => globalThis as unknown as Browser;
