/**
 * Business as it goes on over HTTP: holds that are paid, given back, put off or run out, transfers and supplies on their
 * way, sales and counts that come late, settings. Every operation is sent under its key until it is answered, and kept
 * with the command that it is, so that the whole can be replayed afterwards.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "../../src/core/command.ts";
import { type Answer, request } from "../support/server-process.ts";
import { type Call, nextCall, type Origin, type Shop } from "./business-calls.ts";
import { type Directory, randomNumbers } from "./load.ts";

/** One operation with its last answer; null when none ever came. */
export interface BusinessOperation {
  readonly requestId: string;
  /** What it is, but for who asks and when. */
  readonly command: (origin: Origin) => Command;
  readonly answer: Pick<Answer<unknown>, "status" | "body"> | null;
  readonly path: string;
}

export interface BusinessOptions {
  readonly directory: Directory;
  readonly clients: number;
  /** Operations of all clients together. */
  readonly operations: number;
  readonly seed: number;
  readonly shop: Pick<Shop, "products" | "locations" | "inventoryIds">;
  /** Told of how many operations are over. */
  readonly onDone?: (count: number) => void;
}

const pauseMs = 50;
const tryMsMax = 30_000;
/** Orders that a client remembers of each kind, to do something with them. */
const remembered = 12;

/** Runs the clients until all operations are answered. @returns them, in no particular order */
export async function doBusiness(options: BusinessOptions): Promise<BusinessOperation[]> {
  const history: BusinessOperation[] = [];
  let begun = 0;
  const run = async (client: number): Promise<void> => {
    const random = randomNumbers(options.seed * 1_000 + client);
    const shop: Shop = { ...options.shop, client, reservations: [], transfers: [], supplies: [] };
    while (begun < options.operations) {
      const number = begun++;
      const call = nextCall(shop, random);
      const requestId = `biz_${options.seed}_${number}`;
      const answer = await settle(call, requestId, options.directory, client);
      history.push({ requestId, command: call.command, answer, path: `${call.method} ${call.path}` });
      remember(shop, call, answer.body);
      options.onDone?.(history.length);
    }
  };
  await Promise.all(Array.from({ length: options.clients }, (_, client) => run(client)));
  return history;
}

async function settle(call: Call, requestId: string, directory: Directory, client: number): Promise<Answer<unknown>> {
  for (let attempt = 0; ; attempt++) {
    try {
      const headers = { "idempotency-key": requestId, "x-request-id": requestId };
      const signal = AbortSignal.timeout(tryMsMax);
      const url = directory.pick(client, attempt);
      const answer = await request(url, call.method, call.path, { body: call.body, headers, signal });
      if (answer.status < 500 && answer.status !== 429) return answer;
    } catch {
      // Nobody is there, or the answer was lost: the same key is asked again.
    }
    await delay(pauseMs);
  }
}

/** Keeps the ids of orders that were made, the newest ones. */
function remember(shop: Shop, call: Call, body: unknown): void {
  const { reservationId, transferId, supplyId, lines, dryRun } = body as Record<string, unknown>;
  if (call.method !== "POST" || !Array.isArray(lines) || dryRun === true) return;
  const keep = (list: { id: string; lines: number }[], id: unknown): void => {
    if (typeof id !== "string" || list.some((known) => known.id === id)) return;
    list.push({ id, lines: lines.length });
    if (list.length > remembered) list.shift();
  };
  keep(shop.reservations, reservationId);
  keep(shop.transfers, transferId);
  keep(shop.supplies, supplyId);
}
