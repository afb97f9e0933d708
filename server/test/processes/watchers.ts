/** Readers that ask again and again while something goes wrong, and remember every answer that they should not get. */
import { setTimeout as delay } from "node:timers/promises";
import { type RequestOptions, request } from "../support/server-process.ts";

/** One answer, and how long it took. */
interface Seen {
  readonly status: number | "none";
  readonly elapsedMs: number;
}

/** Asks one path of one server until it is told to stop. */
export class Watcher {
  readonly seen: Seen[] = [];
  /** Answers that are neither a success nor a 503 problem that says when to come back; each kind once. */
  readonly faults = new Set<string>();
  readonly #url: () => string;
  readonly #path: string;
  readonly #options: RequestOptions;
  readonly #stopped: Promise<void>;
  #isOver = false;

  /** @param url where the server is, asked anew for each request */
  constructor(url: () => string, path: string, options: RequestOptions = {}) {
    this.#url = url;
    this.#path = path;
    this.#options = options;
    this.#stopped = this.#watch();
  }

  /** Statuses in the order in which they changed. */
  get statuses(): (number | "none")[] {
    return this.seen.map(({ status }) => status).filter((status, index, all) => status !== all[index - 1]);
  }

  get slowestMs(): number {
    return Math.max(0, ...this.seen.map(({ elapsedMs }) => elapsedMs));
  }

  /** Waits for the last answer. */
  async stop(): Promise<this> {
    this.#isOver = true;
    await this.#stopped;
    return this;
  }

  async #watch(): Promise<void> {
    while (!this.#isOver) {
      const startedAtMs = performance.now();
      this.seen.push({ status: await this.#ask(), elapsedMs: performance.now() - startedAtMs });
      await delay(20);
    }
  }

  async #ask(): Promise<number | "none"> {
    const answer = await request(this.#url(), "GET", this.#path, this.#options).catch(() => null);
    if (answer === null) return "none";
    const { status, headers, body } = answer;
    const isProblem = headers.get("content-type") === "application/problem+json";
    const isGood = status === 200 || (status === 503 && isProblem && headers.has("retry-after"));
    if (!isGood) this.faults.add(`${this.#path}: ${status} ${(body as { detail?: string }).detail ?? body}`);
    return status;
  }
}

/** One watcher for each kind of read. */
export const watchReads = (url: () => string): Watcher[] =>
  ["/v1/inventory?limit=5", "/v1/inventory/updates?limit=5", "/v1/products?limit=5", "/v1/inventory/SKU-1"].map(
    (path) => new Watcher(url, path),
  );
