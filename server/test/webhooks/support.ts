/** Subscriptions of a test server, and a database whose time for webhooks can be moved. */
import { expect } from "bun:test";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import type { Caller, Json } from "../rest/support.ts";
import type { TestDatabase } from "../support/database.ts";

const base = "/v1/subscriptions/inventory";

/** Creates a subscription and gives it back, with its secret. */
export async function subscribe(caller: Caller, url: string, fields: object = {}): Promise<Json> {
  const { status, body } = await caller.post(base, { url, ...fields });
  expect({ status, detail: body.detail }).toEqual({ status: 201, detail: undefined });
  return body;
}

/** Does something with a subscription and insists that it is done. */
export async function act(caller: Caller, subscriptionId: string, action: string, body?: object): Promise<Json> {
  const answer = await caller.post(`${base}/${subscriptionId}/${action}`, body);
  expect({ status: answer.status, title: answer.body?.title }).toEqual({ status: 200, title: undefined });
  return answer.body;
}

/** A subscription as it is now. */
export const show = async (caller: Caller, subscriptionId: string): Promise<Json> =>
  (await caller.get(`${base}/${subscriptionId}`)).body;

/** Rows of one of its lists. */
export const listOf = async (caller: Caller, subscriptionId: string, list: string): Promise<Json[]> =>
  (await caller.get(`${base}/${subscriptionId}/${list}`)).body.data;

/** Waits until something holds of a subscription. */
export async function untilShown(
  caller: Caller,
  subscriptionId: string,
  holds: (subscription: Json) => boolean,
): Promise<Json> {
  for (let looks = 0; looks < 400; looks++) {
    const subscription = await show(caller, subscriptionId);
    if (holds(subscription)) return subscription;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`not so in time: ${JSON.stringify(await show(caller, subscriptionId))}`);
}

/** Makes the database's time for webhooks one that tests can move. @returns what moves it on */
export async function movableTime({ owner }: TestDatabase): Promise<(ms: number) => Promise<void>> {
  await owner.query({ text: "CREATE TABLE moved_time (ms bigint NOT NULL)" });
  await owner.query({ text: "INSERT INTO moved_time VALUES (0)" });
  await owner.query({ text: "GRANT SELECT ON moved_time TO onhand_app" });
  await owner.query({
    text: `CREATE OR REPLACE FUNCTION webhook_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
             SELECT date_trunc('milliseconds', clock_timestamp()) + ms * interval '1 millisecond' FROM onhand.moved_time $$`,
  });
  return async (ms) => {
    await owner.query({ text: "UPDATE moved_time SET ms = ms + $1", values: [ms] });
  };
}

/** A clock whose ticks come quickly, so that time that was moved is noticed at once; time limits stay as they are. */
export const quickClock: Clock = {
  ...systemClock,
  after: (delayMs, callback) => systemClock.after(delayMs <= 1_000 ? Math.min(delayMs, 10) : delayMs, callback),
};

/** Waits until the server has looked at its subscriptions twice more: it has seen the time that was moved. */
export async function untilTicked({ owner }: TestDatabase): Promise<void> {
  for (let ticks = 0; ticks < 2; ticks++) {
    const seen = async (): Promise<number> =>
      (await owner.query<{ at: number }>({ text: "SELECT max(seen_until) AS at FROM webhook_server" })).rows[0]!.at;
    const before = await seen();
    while ((await seen()) === before) await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
