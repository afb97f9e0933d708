/**
 * Measures sales while holds expire: ten thousand reservations are made whose time is over within one second, and sales
 * go on at a fixed rate before, during and after it. In the quiet cell there are as many holds, and none expires.
 */

import type { AuditFinding } from "../targets/target.ts";
import type { TargetSet } from "../targets/target-set.ts";
import { BENCH_LOCATION_ID, productIdOf } from "../workloads/names.ts";
import type { Measurement } from "./measurement.ts";
import type { FeedRound } from "./run-feed.ts";
import { runLoadJob } from "./run-load.ts";
import type { CellHolds, Scenario } from "./scenarios.ts";

const CONCURRENT_REQUESTS = 64;
/** Time to make the holds before the first of them may be due. */
const MAKING_SECONDS = 15;
/** The measured window begins so long before the holds are due. */
const LEAD_SECONDS = 1.5;
const KEPT_TTL_SECONDS = 86_400;
const LOOK_MS = 50;
const RELEASED_MS_MAX = 60_000;

/** Measures one cell. */
export async function runExpiry(
  targets: TargetSet,
  scenario: Scenario,
  holds: CellHolds,
  { seconds, round }: FeedRound,
): Promise<{ measurement: Measurement; findings: readonly AuditFinding[] }> {
  const target = await targets.get("onhand");
  await target.settle();
  const callers = new Callers(target.url, target.bearer);
  const reservedBefore = await callers.reserved();
  const dueAtMs = Date.now() + MAKING_SECONDS * 1000;
  await callers.reserveAll(holds.count, target.productCount, () =>
    holds.expire ? Math.max(1, Math.floor((dueAtMs - Date.now()) / 1000)) : KEPT_TTL_SECONDS,
  );
  const madeLateMs = Math.max(0, Date.now() - (dueAtMs - 1000));
  const { measurement, result } = await runLoadJob(target, {
    ...{ workload: scenario.workload, connections: scenario.connections, linesPerRequest: 0 },
    ...{ warmUpSeconds: Math.max(0.5, (dueAtMs - Date.now()) / 1000 - LEAD_SECONDS), seconds, seed: round },
    ...{ productCount: target.productCount, locationId: BENCH_LOCATION_ID },
    ...(scenario.requestsPerSecond === undefined ? {} : { requestsPerSecond: scenario.requestsPerSecond }),
  });
  const expected = reservedBefore + (holds.expire ? 0 : holds.count);
  const releasedAfterMs = await callers.reservedBecomes(expected, dueAtMs);
  const changes = result.lifetime.units + holds.count * (holds.expire ? 2 : 1);
  targets.acknowledge("onhand", { changes, hasLostConnections: result.connectionErrors > 0 });
  const reserved = await callers.reserved();
  return {
    measurement,
    findings: [
      {
        statement: "the holds were made before they were due",
        expected: "0 ms late",
        actual: `${madeLateMs} ms late`,
        holds: madeLateMs === 0,
      },
      {
        statement: holds.expire ? "all holds went back" : "no hold went back",
        expected: `${expected} units reserved`,
        actual: `${reserved} units reserved${holds.expire ? `, ${releasedAfterMs} ms after the last was due` : ""}`,
        holds: reserved === expected,
      },
    ],
  };
}

class Callers {
  readonly #url: string;
  readonly #bearer: string;

  constructor(url: string, bearer: string) {
    this.#url = url;
    this.#bearer = bearer;
  }

  /** Makes reservations of one unit each, over all products in turn. */
  async reserveAll(count: number, productCount: number, ttlSeconds: () => number): Promise<void> {
    let next = 0;
    const work = async (): Promise<void> => {
      for (let index = next++; index < count; index = next++) {
        const lines = [{ productId: productIdOf(index % productCount), locationId: BENCH_LOCATION_ID, quantity: 1 }];
        await this.#call("POST", "/v1/reservations", { lines, ttlSeconds: ttlSeconds() });
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT_REQUESTS }, work));
  }

  /** Units reserved at the location of the benchmark. */
  async reserved(): Promise<number> {
    const path = `/v1/inventory?groupBy=location&locationId=${BENCH_LOCATION_ID}`;
    const { data } = (await this.#call("GET", path)) as { data: { totals: { reservedStock: number } }[] };
    return data[0]?.totals.reservedStock ?? 0;
  }

  /** Waits until so many units are reserved. @returns milliseconds after `sinceMs` */
  async reservedBecomes(expected: number, sinceMs: number): Promise<number> {
    const endsAtMs = Date.now() + RELEASED_MS_MAX;
    while ((await this.reserved()) !== expected && Date.now() < endsAtMs) await Bun.sleep(LOOK_MS);
    return Math.max(0, Date.now() - sinceMs);
  }

  async #call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(this.#url + path, {
      method,
      headers: {
        ...{ Authorization: `Bearer ${this.#bearer}`, "Content-Type": "application/json" },
        "Idempotency-Key": crypto.randomUUID(),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }
}
