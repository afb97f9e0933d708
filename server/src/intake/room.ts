/** How many lines are with the writer at a time, over all requests. Whoever finds no room waits in line, in order of coming. */
import { Overloaded } from "../writer/errors.ts";

interface Waiting {
  readonly lines: number;
  readonly enter: () => void;
}

export class Room {
  readonly #linesMax: number;
  readonly #waitingMax: number;
  readonly #waiting: Waiting[] = [];
  #lines = 0;

  constructor(linesMax: number, waitingMax: number) {
    this.#linesMax = linesMax;
    this.#waitingMax = waitingMax;
  }

  /** Lines in flight, and requests that wait. */
  get load(): { readonly lines: number; readonly waiting: number } {
    return { lines: this.#lines, waiting: this.#waiting.length };
  }

  /** Takes room, once there is enough of it. @param lines at most as many as there is room for @throws Overloaded */
  take(lines: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#lines + lines <= this.#linesMax) {
      this.#lines += lines;
      return Promise.resolve();
    }
    if (this.#waiting.length >= this.#waitingMax)
      return Promise.reject(new Overloaded("too many requests with lines wait for the writer"));
    const { promise, resolve: enter } = Promise.withResolvers<void>();
    this.#waiting.push({ lines, enter });
    return promise;
  }

  /** Gives room back. */
  give(lines = 1): void {
    this.#lines -= lines;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#lines + next.lines > this.#linesMax) return;
      this.#waiting.shift();
      this.#lines += next.lines;
      next.enter();
    }
  }
}
