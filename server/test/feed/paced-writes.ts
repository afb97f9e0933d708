/** Changes of stock at a steady pace, in bulk requests over all servers in turn; none is given up before its outcome. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { randomNumbers } from "../processes/load.ts";
import { locationIdOf, productIdOf } from "../processes/stock.ts";
import { request, until } from "../support/server-process.ts";

export interface PacedOptions {
  readonly urls: () => readonly string[];
  readonly products: number;
  readonly locations: number;
  readonly linesPerRequest: number;
  /** Requests per second over all servers, if they can. */
  readonly requestsPerSecond: number;
  /** Stops by itself after so many changes; goes on until `finish` without. */
  readonly changesMax?: number;
}

/** Requests that may be under way at once. */
const underWayMax = 8;
const againMs = 50;

export class PacedWrites {
  /** Changes that were applied. */
  applied = 0;
  readonly #options: PacedOptions;
  readonly #random = randomNumbers(7);
  readonly #underWay = new Set<Promise<void>>();
  readonly #done: Promise<void>;
  #isOver = false;

  constructor(options: PacedOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  /** Resolves when so many more changes were applied, or no more come. */
  afterChanges(count: number): Promise<void> {
    const goal = this.applied + count;
    return until(`${count} more changes`, () => this.applied >= goal || this.#isOver);
  }

  /** Begins nothing new and waits for what is under way. @returns the number of changes */
  async finish(): Promise<number> {
    this.#isOver = true;
    return this.whole();
  }

  /** Waits for the end. */
  async whole(): Promise<number> {
    await this.#done;
    return this.applied;
  }

  async #run(): Promise<void> {
    const { requestsPerSecond, linesPerRequest, changesMax = Number.POSITIVE_INFINITY } = this.#options;
    const startedAtMs = performance.now();
    for (let sent = 0; !this.#isOver && sent * linesPerRequest < changesMax; sent++) {
      if (this.#underWay.size >= underWayMax) await Promise.race(this.#underWay);
      const writing = this.#write(sent).finally(() => this.#underWay.delete(writing));
      this.#underWay.add(writing);
      await delay(Math.max(0, startedAtMs + ((sent + 1) * 1_000) / requestsPerSecond - performance.now()));
    }
    this.#isOver = true;
    await Promise.all(this.#underWay);
  }

  async #write(turn: number): Promise<void> {
    const { urls, products, locations, linesPerRequest } = this.#options;
    const updates = Array.from({ length: linesPerRequest }, () => ({
      productId: productIdOf(this.#random(products)),
      locationId: locationIdOf(this.#random(locations)),
      adjustment: 1 + this.#random(9),
      reason: "paced",
    }));
    const options = { body: { mode: "independent", updates }, headers: { "idempotency-key": randomUUID() } };
    for (let attempt = turn; ; attempt++) {
      const servers = urls();
      const url = servers[attempt % servers.length]!;
      const answer = await request<{ applied: number }>(url, "POST", "/v1/inventory/bulk-update", options).catch(
        () => null,
      );
      if (answer !== null && answer.status < 300 && answer.body.applied === linesPerRequest) break;
      if (answer !== null && answer.status >= 400 && answer.status < 500)
        throw new Error(`a bulk update was refused: ${JSON.stringify(answer.body)}`);
      await delay(againMs);
    }
    this.applied += linesPerRequest;
  }
}
