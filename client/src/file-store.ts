/**
 * Keeps an offline queue in a file, on Node and Bun: `@onhand/client/file-store`.
 *
 * The file is a log. A line is what was written at once, as a JSON array of changes, and it is on the disk (fsync)
 * before anybody is told that it is stored. A last line that is torn was never acknowledged, and is cut off. When most
 * lines are out of date, the log is written anew beside the old one and put in its place by renaming.
 *
 * Modes: closed → open (locked) → closed. Full: it has no limit of its own; the queue has.
 */
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { takeLock } from "./file-store/lock-file.ts";
import { QueueDamaged, QueueLocked, type QueueStore, type StoredRecord } from "./offline/store.ts";

export { QueueDamaged, QueueLocked, type QueueStore, type StoredRecord };

/** The log is written anew when it has more changes than this that are out of date, and more of them than of others. */
const outdatedMax = 1_000;

type LogChange = { readonly put: StoredRecord } | { readonly remove: number };

interface Waiting {
  readonly changes: readonly LogChange[];
  resolve(): void;
  reject(error: unknown): void;
}

/** @param path of the log; its lock lies beside it, in files named `….lock-…` */
export function fileStore(path: string): QueueStore {
  return new FileStore(resolve(path));
}

class FileStore implements QueueStore {
  readonly #path: string;
  readonly #live = new Map<number, StoredRecord>();
  #file: FileHandle | null = null;
  #unlock: () => Promise<void> = async () => {};
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #changes = 0;
  /** What was written last may or may not be there: nothing can be added behind it. */
  #broken: unknown = null;

  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<readonly StoredRecord[]> {
    const unlock = await takeLock(`${this.#path}.lock`);
    if (unlock === null) throw new QueueLocked(`another program uses ${this.#path}; one at a time may`);
    this.#unlock = unlock;
    try {
      await rm(this.#draft, { force: true });
      await this.#read();
      return [...this.#live.values()];
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  write(puts: readonly StoredRecord[], removes: readonly number[]): Promise<void> {
    const changes = [...puts.map((put) => ({ put })), ...removes.map((remove) => ({ remove }))];
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = null;
    this.#live.clear();
    this.#changes = 0;
    this.#broken = null;
    await this.#unlock();
    this.#unlock = async () => {};
  }

  get #draft(): string {
    return `${this.#path}.new`;
  }

  async #read(): Promise<void> {
    const text = await readFile(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return Buffer.alloc(0);
      throw error;
    });
    let whole = 0;
    for (let line = 1, start = 0; start < text.length; line++) {
      const end = text.indexOf(10, start);
      const changes = end < 0 ? null : parsed(text.subarray(start, end).toString("utf8"));
      const next = end < 0 ? text.length : end + 1;
      if (changes === null) {
        if (next < text.length)
          throw new QueueDamaged(
            `${this.#path} cannot be read from line ${line} on; keep a copy and mend or remove that line`,
          );
        break;
      }
      for (const change of changes) this.#apply(change);
      whole = next;
      start = next;
    }
    this.#file = await open(this.#path, "a");
    await this.#file.truncate(whole);
    await this.#file.sync();
    await syncFolder(this.#path);
  }

  #apply(change: LogChange): void {
    this.#changes += 1;
    if ("put" in change) this.#live.set(change.put.id, change.put);
    else this.#live.delete(change.remove);
  }

  /** What gathers while one line is written becomes the next one. */
  async #writeAll(): Promise<void> {
    // Lets `#writing` be set before anything here runs.
    await null;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await this.#writeLine(batch.flatMap(({ changes }) => changes));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    // At once, so that what comes after the last look is not left waiting.
    this.#writing = null;
  }

  async #writeLine(changes: readonly LogChange[]): Promise<void> {
    if (this.#file === null) throw new Error(`${this.#path} is not open`);
    if (this.#broken !== null) throw new Error(`${this.#path} failed before; open it again`, { cause: this.#broken });
    try {
      await this.#file.appendFile(`${JSON.stringify(changes)}\n`);
      await this.#file.datasync();
    } catch (error) {
      this.#broken = error;
      throw error;
    }
    for (const change of changes) this.#apply(change);
    const outdated = this.#changes - this.#live.size;
    if (outdated <= outdatedMax || outdated <= this.#live.size) return;
    // What was to be written is on the disk, whatever becomes of the new log.
    await this.#rewrite().catch((error) => {
      this.#broken = error;
    });
  }

  async #rewrite(): Promise<void> {
    const draft = await open(this.#draft, "w");
    const lines = [...this.#live.values()].map((record) => `${JSON.stringify([{ put: record }])}\n`);
    await draft.appendFile(lines.join(""));
    await draft.sync();
    await draft.close();
    await rename(this.#draft, this.#path);
    await syncFolder(this.#path);
    await this.#file!.close();
    this.#file = await open(this.#path, "a");
    this.#changes = this.#live.size;
  }
}

function parsed(line: string): LogChange[] | null {
  try {
    const changes = JSON.parse(line);
    return Array.isArray(changes) ? changes : null;
  } catch {
    return null;
  }
}

/** A new name is durable once the folder is. */
async function syncFolder(path: string): Promise<void> {
  // Folders cannot be opened on Windows, where names are durable with the file.
  if (process.platform === "win32") return;
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
