/**
 * Closed-loop clients that change stock over HTTP and never give a key up before they know what came of it; everything
 * that they are told goes into a history.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Answer, request } from "../support/server-process.ts";

export interface Change {
  readonly productId: string;
  readonly locationId: string;
  readonly adjustment: number;
}

/** What an adjustment that succeeded is answered with. */
export interface ItemAnswer {
  readonly productId: string;
  readonly locationId: string;
  readonly stockLevel: number;
  readonly availableStock: number;
  readonly version: number;
  readonly movementId: string;
}

/** One try: what was answered, or null when no complete answer came. */
export interface Try {
  readonly url: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly answer: Pick<Answer<unknown>, "status" | "headers" | "body"> | null;
  /** Why there is no answer. */
  readonly failure: string | null;
}

/** One change under one key, with all its tries, in order. */
export interface Operation {
  readonly key: string;
  readonly change: Change;
  readonly tries: Try[];
}

export const requestIdOf = (operation: Pick<Operation, "key">): string => `load_${operation.key}`;

/** The last word on an operation, or null while it is unknown. */
export function outcomeOf(operation: Operation): Answer<unknown> | null {
  const last = operation.tries.at(-1)?.answer ?? null;
  return last === null || isWorthRepeating(last.status) ? null : last;
}

export interface LoadOptions {
  readonly clients: number;
  /** The next change of a client, or null when it has finished. */
  readonly next: (client: number, round: number) => Change | null;
  /** Whom to ask; called anew for each try. */
  readonly pick: (client: number, attempt: number) => string;
  /** Told of each operation when it is over. */
  readonly onDone?: (operation: Operation) => void;
}

const pauseMs = { first: 20, most: 250 } as const;
/** A request that hangs for so long is a failure by itself. */
const tryMsMax = 60_000;

const isWorthRepeating = (status: number): boolean => status === 429 || status >= 500;

/** Runs the clients until each has finished. @returns every operation, with everything that was said about it */
export async function drive(options: LoadOptions): Promise<Operation[]> {
  const history: Operation[] = [];
  const run = async (client: number): Promise<void> => {
    for (let round = 0; ; round++) {
      const change = options.next(client, round);
      if (change === null) return;
      const operation: Operation = { key: randomUUID(), change, tries: [] };
      history.push(operation);
      await settle(operation, client, options);
      options.onDone?.(operation);
    }
  };
  await Promise.all(Array.from({ length: options.clients }, (_, client) => run(client)));
  return history;
}

async function settle(operation: Operation, client: number, options: LoadOptions): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    operation.tries.push(await tryOnce(operation, options.pick(client, attempt)));
    if (outcomeOf(operation) !== null) return;
    await delay(Math.min(pauseMs.most, pauseMs.first * 2 ** attempt));
  }
}

async function tryOnce(operation: Operation, url: string): Promise<Try> {
  const startedAtMs = performance.now();
  const headers = { "idempotency-key": operation.key, "x-request-id": requestIdOf(operation) };
  const signal = AbortSignal.timeout(tryMsMax);
  try {
    const answer = await request(url, "POST", "/v1/inventory", { body: operation.change, headers, signal });
    return { url, startedAtMs, endedAtMs: performance.now(), answer, failure: null };
  } catch (error) {
    return { url, startedAtMs, endedAtMs: performance.now(), answer: null, failure: String(error) };
  }
}

/** How many operations succeeded, were refused and stayed unknown, and how many tries there were. */
export function summary(history: readonly Operation[]): {
  applied: number;
  refused: number;
  unknown: number;
  tries: number;
} {
  const statuses = history.map((operation) => outcomeOf(operation)?.status ?? null);
  return {
    applied: statuses.filter((status) => status === 200).length,
    refused: statuses.filter((status) => status === 409).length,
    unknown: statuses.filter((status) => status === null).length,
    tries: history.reduce((sum, operation) => sum + operation.tries.length, 0),
  };
}

/** The longest time during which nobody's change succeeded, in milliseconds. */
export function longestSilenceMs(history: readonly Operation[]): number {
  const successes = history
    .flatMap(({ tries }) => tries)
    .filter(({ answer }) => answer?.status === 200)
    .map(({ endedAtMs }) => endedAtMs)
    .sort((a, b) => a - b);
  return Math.max(0, ...successes.map((endedAtMs, index) => endedAtMs - (successes[index - 1] ?? endedAtMs)));
}

/** Numbers from 0 up to below `limit` that depend on the seed alone. */
export function randomNumbers(seed: number): (limit: number) => number {
  let state = (seed + 1) >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** Whom clients ask: replaced when a server is started again at another address. */
export class Directory {
  urls: string[];

  constructor(...urls: string[]) {
    this.urls = urls;
  }

  pick = (client: number, attempt: number): string => this.urls[(client + attempt) % this.urls.length]!;
}
