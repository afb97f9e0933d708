/**
 * What happens to sources while nobody asks: silent ones are told of as stale, lines that wait are told of, and those whose
 * code or SKU is known by now are applied. One server does it at a time; done twice it comes to the same.
 *
 * Modes: elsewhere → held → elsewhere; stopped.
 */
import { Duty } from "../channels/duty.ts";
import type { RequestContext } from "../commands/request-context.ts";
import type { RecordCommand } from "../core/command.ts";
import type { Outcome } from "../core/outcome.ts";
import { partitionOf } from "../core/record/partition.ts";
import type { Queryable } from "../db/pool.ts";
import type { Intake } from "../intake/intake.ts";
import * as parked from "../intake/sql/parked.ts";
import { selectSkus } from "../intake/sql/resolve.ts";
import type { Clock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { formatRfc3339 } from "../lib/rfc3339.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { SourceMetrics } from "../telemetry/source-metrics.ts";
import { linesParked, sourceFreshness, type Teller } from "./source-news.ts";
import * as sql from "./sql/sources.ts";

const keeperLimits = {
  /** How often the server that does it looks. */
  lookMs: 1_000,
  /** How often the others ask whether it is free. */
  claimMs: 2_000,
  /** After a failure; doubled with each one in a row. */
  retryMsMin: 500,
  retryMsMax: 30_000,
  /** Contacts that are told of in a look. */
  contactsMax: 500,
  /** Parked lines that are told of, and that are tried again, in a look. */
  linesMax: 1_000,
  /** SKUs that lines wait for which are looked up in a look; the next one goes on behind them. */
  skusMax: 500,
  /** Codes that are named when lines that wait are told of. */
  codesTold: 20,
} as const;

const dutyName = "sources";
/** Who tells and retries when nobody asked. */
const actor = "onhand";

export interface KeeperOptions {
  readonly database: Queryable;
  readonly intake: Intake;
  readonly submit: (command: RecordCommand) => Promise<{ readonly outcome: Outcome }>;
  readonly partitionCount: number;
  readonly serverId: string;
  readonly clock: Clock;
  readonly metrics: SourceMetrics;
  readonly logger: Pick<Logger, "warn">;
}

export class SourceKeeper {
  readonly #options: KeeperOptions;
  readonly #duty: Duty;
  #failuresInARow = 0;
  #stepping: Promise<void> | null = null;
  #cancelWait: () => void = () => {};
  #isStopped = true;
  /** SKUs up to this one were looked up. */
  #skusThrough = "";

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#duty = new Duty(options.database, options.clock, dutyName, options.serverId);
  }

  start(): void {
    this.#isStopped = false;
    this.#go();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelWait();
    await this.#stepping;
    await this.#duty.release().catch(() => {});
  }

  /** Looks at once, where this server does it: something waits that did not. */
  wake(): void {
    if (this.#isStopped || this.#stepping !== null || !this.#duty.isHeld) return;
    this.#cancelWait();
    this.#go();
  }

  #go(): void {
    this.#stepping ??= this.step()
      .then(
        (isHeld) => {
          this.#failuresInARow = 0;
          return isHeld ? keeperLimits.lookMs : keeperLimits.claimMs;
        },
        (error: Error) => {
          this.#options.metrics.failed();
          this.#options.logger.warn({ reason: error.message }, "sources could not be looked after; it is tried again");
          const { retryMsMin, retryMsMax } = keeperLimits;
          return Math.min(retryMsMax, retryMsMin * 2 ** Math.min(this.#failuresInARow++, 10));
        },
      )
      .then((waitMs) => {
        this.#stepping = null;
        if (!this.#isStopped) this.#cancelWait = this.#options.clock.after(waitMs, () => this.#go());
      });
  }

  /** Looks once. @returns whether this server does it @throws whatever fails; the next look begins anew */
  async step(): Promise<boolean> {
    if (!(await this.#duty.hold())) return false;
    await this.#tellFreshness();
    await this.#tellParked();
    await this.retryMapped(null);
    await this.#retryAwaited();
    const { database, metrics } = this.#options;
    const [{ rows: open }, { rows: stale }] = await Promise.all([
      database.query<{ reason: string; lines: number }>(parked.countOpen()),
      database.query<{ contacts: number }>(sql.countStale()),
    ]);
    metrics.looked(new Map(open.map((row) => [row.reason, row.lines])), stale[0]!.contacts);
    return true;
  }

  /** Tries lines again whose code is known by now. @param sourceId of which source alone, or null @returns how many were applied */
  async retryMapped(sourceId: string | null, context: RequestContext = this.#context()): Promise<number> {
    const { database, intake } = this.#options;
    const { rows } = await database.query<parked.ParkedRow>(parked.selectMapped(sourceId, keeperLimits.linesMax));
    const results = await intake.retry(rows, context);
    return results.filter(({ verdict }) => verdict !== "rejected" && verdict !== "review").length;
  }

  /** Tries lines again whose SKU some product has by now. */
  async #retryAwaited(): Promise<void> {
    const { database, intake, partitionCount } = this.#options;
    const { skusMax, linesMax } = keeperLimits;
    const { rows } = await database.query<{ code: string }>(parked.selectAwaitedSkus(this.#skusThrough, skusMax));
    this.#skusThrough = rows.length < skusMax ? "" : rows.at(-1)!.code;
    if (rows.length === 0) return;
    const keys = rows.map(({ code }) => ({ sku: code, partition: partitionOf(code, partitionCount) }));
    const { rows: found } = await database.query<{ sku: string }>(selectSkus(keys));
    if (found.length === 0) return;
    const skus = found.map((row) => row.sku);
    const { rows: lines } = await database.query<parked.ParkedRow>(parked.selectAwaiting(skus, linesMax));
    await intake.retry(lines, this.#context());
  }

  async #tellFreshness(): Promise<void> {
    const { database, submit } = this.#options;
    const tell = async (row: sql.ContactRow, isStale: boolean): Promise<void> => {
      const { source_id: sourceId, location_id: locationId, last_heard_at: heardAtMs } = row;
      const place = locationId === "" ? null : locationId;
      const heardAt = formatRfc3339(Math.trunc(heardAtMs));
      await submit(sourceFreshness(this.#teller(), isStale, sourceId, place, heardAt, row.fresh_for_seconds));
      await database.query(
        isStale ? sql.markStale(sourceId, locationId, Math.trunc(heardAtMs)) : sql.markFresh(sourceId, locationId),
      );
    };
    const { rows: fresh } = await database.query<sql.ContactRow>(sql.selectNewlyFresh(keeperLimits.contactsMax));
    for (const row of fresh) await tell(row, false);
    const { rows: stale } = await database.query<sql.ContactRow>(sql.selectNewlyStale(keeperLimits.contactsMax));
    for (const row of stale) await tell(row, true);
  }

  async #tellParked(): Promise<void> {
    const { database, submit } = this.#options;
    const { rows } = await database.query<parked.UntoldRow>(parked.selectUntold(keeperLimits.linesMax));
    const origins = Map.groupBy(rows, (row) => JSON.stringify([row.origin_kind, row.origin_id]));
    for (const lines of origins.values()) {
      const { origin_kind: kind, origin_id: id } = lines[0]!;
      const told = lines.map((row) => ({ parkedId: row.parked_id, reason: row.reason, code: row.code }));
      await submit(linesParked(this.#teller(), { kind, id }, told, keeperLimits.codesTold));
      await database.query(parked.markTold(told.map(({ parkedId }) => parkedId)));
    }
  }

  #teller(): Teller {
    return { actor, requestId: sortableId("req_", this.#options.clock.nowMs()), traceparent: null };
  }

  #context(): RequestContext {
    return {
      principal: { keyId: actor, name: actor, role: "writer" },
      idempotencyKey: "",
      requestId: sortableId("req_", this.#options.clock.nowMs()),
      traceparent: null,
      source: null,
    };
  }
}
