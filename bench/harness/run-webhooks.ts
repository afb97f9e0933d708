/**
 * Measures webhook deliveries to a receiver on this machine: subscriptions are made, changes are written so that there are
 * always some waiting, and what the receiver counts inside the window is the rate. Afterwards everything is awaited.
 */

import type { AuditFinding, RunningTarget } from "../targets/target.ts";
import type { TargetSet } from "../targets/target-set.ts";
import { BENCH_LOCATION_ID, productIdOf } from "../workloads/names.ts";
import { CpuMeter } from "./cpu-meter.ts";
import type { Measurement } from "./measurement.ts";
import { microsecondsPerUnit } from "./per-unit.ts";
import { familyMemoryBytes, peakMemoryBytes } from "./process-table.ts";
import type { FeedRound } from "./run-feed.ts";

const LINES_PER_REQUEST = 1_000;
/** Changes that wait for delivery at least, in every subscription. */
const WAITING_MIN = 3_000;
const LOOK_MS = 50;
const LAST_DELIVERIES_MS_MAX = 60_000;

interface Counts {
  readonly deliveries: number;
  readonly bytes: number;
  readonly subscriptions: readonly {
    readonly subscription: string;
    readonly distinct: number;
    readonly repeated: number;
    readonly complete: number;
  }[];
}

/** Measures one cell. */
export async function runWebhooks(targets: TargetSet, subscriptionCount: number, round: FeedRound) {
  const target = await targets.get("onhand");
  const receiver = await targets.get("webhook-receiver");
  await target.settle();
  await fetch(`${receiver.url}/counts`, { method: "DELETE" });
  const paths: string[] = [];
  for (let index = 0; index < subscriptionCount; index++)
    paths.push(await subscribe(target, `${receiver.url}/hook/${round.round}-${index}`));

  const run = new WebhookRun(target, receiver, subscriptionCount);
  const { measurement, finding } = await run.measure(round);
  for (const path of paths) await call(target, "DELETE", path);
  targets.acknowledge("onhand", { changes: run.written, hasLostConnections: false });
  return { measurement, findings: [finding] };
}

class WebhookRun {
  readonly #target: RunningTarget;
  readonly #receiver: RunningTarget;
  readonly #subscriptions: number;
  written = 0;

  constructor(target: RunningTarget, receiver: RunningTarget, subscriptions: number) {
    this.#target = target;
    this.#receiver = receiver;
    this.#subscriptions = subscriptions;
  }

  async measure({ warmUpSeconds, seconds }: FeedRound): Promise<{ measurement: Measurement; finding: AuditFinding }> {
    await this.#keepBusyUntil((counts) => counts.deliveries > 0);
    const warmAtMs = performance.now() + warmUpSeconds * 1000;
    const before = await this.#keepBusyUntil(() => performance.now() >= warmAtMs);
    const startedAtMs = performance.now();
    const { serverPid, postmasterPid } = this.#target;
    const otherPids = [this.#receiver.serverPid];
    const meter = new CpuMeter({ serverPid, postmasterPid, loadPid: process.pid, otherPids });
    const after = await this.#keepBusyUntil(() => performance.now() - startedAtMs >= seconds * 1000);
    const windowSeconds = (performance.now() - startedAtMs) / 1000;
    const cpu = meter.stop();
    const deliveries = after.deliveries - before.deliveries;
    const measurement: Measurement = {
      unitsPerSecond: deliveries / windowSeconds,
      ...{ requests: deliveries, notOkByStatus: {}, connectionErrors: 0, latency: null, cpu, stagesUs: {} },
      serverUs: microsecondsPerUnit(cpu.serverSeconds, deliveries),
      postgresUs: microsecondsPerUnit(cpu.postgresSeconds, deliveries),
      loadUs: microsecondsPerUnit(cpu.otherSeconds[0] ?? null, deliveries),
      serverPeakBytes: peakMemoryBytes(serverPid),
      postgresBytes: postmasterPid === null ? null : familyMemoryBytes(postmasterPid),
    };
    return { measurement, finding: await this.#audit() };
  }

  /** Writes whenever too little waits. @returns the counts when it was done */
  async #keepBusyUntil(isDone: (counts: Counts) => boolean): Promise<Counts> {
    for (;;) {
      const counts = await this.#counts();
      if (isDone(counts)) return counts;
      if (this.written - counts.deliveries / this.#subscriptions < WAITING_MIN) await this.#write();
      else await Bun.sleep(LOOK_MS);
    }
  }

  async #write(): Promise<void> {
    const updates = Array.from({ length: LINES_PER_REQUEST }, (_, line) => ({
      productId: productIdOf((this.written + line) % this.#target.productCount),
      ...{ locationId: BENCH_LOCATION_ID, adjustment: -1, reason: "sale" },
    }));
    await call(this.#target, "POST", "/v1/inventory/bulk-update", { mode: "independent", updates });
    this.written += LINES_PER_REQUEST;
  }

  /** Awaits the rest and holds it against what was written. */
  async #audit(): Promise<AuditFinding> {
    const endsAtMs = performance.now() + LAST_DELIVERIES_MS_MAX;
    const expected = this.written * this.#subscriptions;
    while ((await this.#counts()).deliveries < expected && performance.now() < endsAtMs) await Bun.sleep(LOOK_MS);
    const { subscriptions, deliveries } = await this.#counts("?whole");
    const isComplete = ({ complete, distinct }: Counts["subscriptions"][number]): boolean =>
      complete === this.written && distinct === this.written;
    const repeated = subscriptions.reduce((sum, each) => sum + each.repeated, 0);
    return {
      statement: "every subscription was delivered every change, numbered without a gap, and none twice",
      expected: `${this.#subscriptions} × ${this.written}`,
      actual: `${subscriptions.filter(isComplete).length} complete, ${deliveries} deliveries, ${repeated} repeated`,
      holds: subscriptions.length === this.#subscriptions && subscriptions.every(isComplete) && repeated === 0,
    };
  }

  async #counts(query = ""): Promise<Counts> {
    return (await (await fetch(`${this.#receiver.url}/counts${query}`)).json()) as Counts;
  }
}

/** Makes a subscription to all changes from now on. @returns its path */
async function subscribe(target: RunningTarget, url: string): Promise<string> {
  const { subscriptionId } = (await call(target, "POST", "/v1/subscriptions/inventory", { url })) as {
    subscriptionId: string;
  };
  return `/v1/subscriptions/inventory/${subscriptionId}`;
}

async function call(target: RunningTarget, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(target.url + path, {
    method,
    headers: {
      ...{ Authorization: `Bearer ${target.bearer}`, "Content-Type": "application/json" },
      "Idempotency-Key": crypto.randomUUID(),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
  return text === "" ? null : JSON.parse(text);
}
