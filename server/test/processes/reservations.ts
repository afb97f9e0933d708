/** Reservations over HTTP, with every answer awaited: a request that comes to nothing is asked again under its key. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../../src/db/pool.ts";
import { type Answer, request } from "../support/server-process.ts";

export interface ReservationAnswer {
  readonly reservationId: string;
  readonly phase: "held" | "paying" | "committed" | "released" | "expired";
  readonly expiresAt: string;
  readonly lines: readonly {
    readonly line: number;
    readonly productId: string;
    readonly locationId: string;
    readonly quantity: number;
    readonly held: number;
    readonly committed: number;
    readonly released: number;
  }[];
  readonly code?: string;
}

const retryMs = 25;
const triesMax = 400;

/** Sends a write until it is answered by something else than 503. */
async function settle(url: string, path: string, body: object): Promise<Answer<ReservationAnswer>> {
  const headers = { "idempotency-key": randomUUID() };
  for (let tries = 1; ; tries++) {
    const answer = await request<ReservationAnswer>(url, "POST", path, { body, headers });
    if (answer.status < 500 || tries === triesMax) return answer;
    await delay(retryMs);
  }
}

export const reserve = (
  url: string,
  line: { productId: string; locationId: string; quantity: number },
  ttlSeconds: number,
  more: object = {},
): Promise<Answer<ReservationAnswer>> => settle(url, "/v1/reservations", { lines: [line], ttlSeconds, ...more });

export const act = (
  url: string,
  reservationId: string,
  action: "commit" | "release" | "extend" | "pay",
  body: object = {},
): Promise<Answer<ReservationAnswer>> => settle(url, `/v1/reservations/${reservationId}/${action}`, body);

export const read = async (url: string, reservationId: string): Promise<ReservationAnswer> =>
  (await request<ReservationAnswer>(url, "GET", `/v1/reservations/${reservationId}`)).body;

/** Waits until a moment by this machine's clock, give or take. */
export const untilMoment = (atMs: number): Promise<void> => delay(Math.max(0, atMs - Date.now()));

/** Waits a while, as people and payments do. */
export const afterMs = (ms: number): Promise<void> => delay(ms);

/** How often each reservation's units left it, by the journal: more than once is a unit that was given away twice. */
export async function endsByReservation(database: Database): Promise<Map<string, string[]>> {
  const names: Readonly<Record<number, string>> = { 41: "committed", 42: "released", 43: "expired" };
  const { rows } = await database.query<{ order_id: string; kind: number }>({
    text: `SELECT detail->'line'->>'orderId' AS order_id, kind FROM journal WHERE kind IN (41, 42, 43)`,
  });
  const ends = Map.groupBy(rows, (row) => row.order_id);
  return new Map([...ends].map(([orderId, of]) => [orderId, of.map((row) => names[row.kind]!)]));
}

/** Runs work of many at once, so many at a time. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  const rest = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of rest) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
