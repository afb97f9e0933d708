/** Reads rows ahead of whoever takes them, so far and no further; hands over what has gathered. */
import { bulkLimits } from "./bulk-limits.ts";
import type { SentRow } from "./row-source.ts";

export class RowsAhead {
  readonly #source: AsyncIterator<readonly SentRow[]>;
  #rows: SentRow[] = [];
  #end: { readonly error: unknown } | null = null;
  #isStopped = false;
  #wake: () => void = () => {};
  #makeRoom: () => void = () => {};

  constructor(source: AsyncIterable<readonly SentRow[]>) {
    this.#source = source[Symbol.asyncIterator]();
    void this.#read();
  }

  /** The next rows, in order; null after the last. @throws whatever ended the reading, after the rows before it */
  async take(): Promise<readonly SentRow[] | null> {
    while (this.#rows.length === 0) {
      if (this.#end?.error) throw this.#end.error;
      if (this.#end !== null) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#rows.splice(0, bulkLimits.rowsPerBatch);
    if (this.#rows.length < bulkLimits.rowsAheadMax) this.#makeRoom();
    return taken;
  }

  /** Reads no further. */
  stop(): void {
    this.#isStopped = true;
    this.#makeRoom();
    this.#end ??= { error: null };
    this.#wake();
    // What is under way may wait for bytes that never come; nobody waits for it.
    this.#source.return?.()?.catch(() => {});
  }

  async #read(): Promise<void> {
    try {
      while (!this.#isStopped) {
        const { done, value } = await this.#source.next();
        if (done === true) break;
        for (const row of value) this.#rows.push(row);
        this.#wake();
        while (this.#rows.length >= bulkLimits.rowsAheadMax && !this.#isStopped)
          await new Promise<void>((resolve) => {
            this.#makeRoom = resolve;
          });
      }
      this.#end ??= { error: null };
    } catch (error) {
      this.#end ??= { error };
    }
    this.#wake();
  }
}
