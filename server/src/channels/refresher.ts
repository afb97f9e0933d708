/**
 * Keeps what channels are told in step with the catalogue: a channel that changed, or a location that came, went or moved
 * between groups, changes many numbers at once, which are made right here in the background. What stock does to a number
 * is none of its business: that is told by the entry behind the change itself.
 *
 * Modes: elsewhere (another server does it; asked for now and then) → held (looking, and walking through channels that lag
 * behind the control partition) → elsewhere; stopped. A channel is done up to a place in the control partition only when
 * its walk has come to its end, so that one that was broken off begins anew, on whichever server. One whose walk fails is
 * left alone for a while, longer each time, and the others are looked after meanwhile.
 */
import { type EntryKind, entryKinds, lifeStates } from "@onhand/protocol/vocabulary";
import type { ChannelDocument } from "../core/catalogue/catalogue.ts";
import type { Queryable } from "../db/pool.ts";
import { pastWriters } from "../journal/past-writers.ts";
import type { Clock } from "../lib/clock.ts";
import type { ChannelMetrics } from "../telemetry/channel-metrics.ts";
import type { Logger } from "../telemetry/logger.ts";
import { Duty } from "./duty.ts";
import { type ControlChange, concerns, notThere, type Placed, withBefore } from "./scope.ts";
import * as sql from "./sql/refresh.ts";
import { type WalkedChannel, type WalkParts, walkChannel } from "./walk.ts";

const refresherLimits = {
  /** How often the server that does it looks for changes of the catalogue. */
  lookMs: 250,
  /** How often the others ask whether it is free. */
  claimMs: 2_000,
  /** After a failure, of a step or of a channel's walk; doubled with each one in a row. */
  retryMsMin: 250,
  retryMsMax: 10_000,
  /** Channels that are looked after at once. */
  channelsMax: 100,
  /** Changes of the catalogue that are weighed one by one; with more, every channel is walked through. */
  changesMax: 1_000,
  /** Entries of the control partition that are gone back for what locations were before they changed. */
  historyEntriesMax: 100_000,
  /** Walks that fail one after the other, before it is taken for the database's fault and the rest waits. */
  failuresMax: 3,
} as const;

const dutyName = "channels";

export interface RefresherOptions extends WalkParts {
  readonly database: Queryable;
  readonly serverId: string;
  readonly clock: Clock;
  readonly metrics: ChannelMetrics;
  readonly logger: Pick<Logger, "warn">;
}

/** What a step came to: another server's work, nothing to do, or so many channels brought up to date and so many not. */
export type Step = "elsewhere" | "idle" | { readonly refreshed: number; readonly failed: number };

interface Lagging extends WalkedChannel {
  readonly refreshedThrough: number;
}

/** A channel whose walk failed. */
interface Resting {
  readonly failures: number;
  readonly untilMs: number;
}

export class ChannelRefresher {
  readonly #options: RefresherOptions;
  readonly #duty: Duty;
  #failuresInARow = 0;
  #stepping: Promise<void> | null = null;
  #cancelWait: () => void = () => {};
  #isStopped = false;
  #lagging = 0;
  /** Of those that lag behind; at most `channelsMax`. */
  #resting: ReadonlyMap<string, Resting> = new Map();

  constructor(options: RefresherOptions) {
    this.#options = options;
    this.#duty = new Duty(options.database, options.clock, dutyName, options.serverId);
  }

  /** Channels that lag behind the catalogue, as this server last saw; 0 while another one looks after them. */
  get lagging(): number {
    return this.#duty.isHeld ? this.#lagging : 0;
  }

  start(): void {
    this.#isStopped = false;
    this.#go();
  }

  /** Ends behind the page that is under way, and lets another server go on. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelWait();
    await this.#stepping;
    await this.#duty.release().catch(() => {});
  }

  #go(): void {
    this.#stepping ??= this.step()
      .then(
        (step) => {
          this.#failuresInARow = 0;
          return step === "elsewhere" ? refresherLimits.claimMs : refresherLimits.lookMs;
        },
        (error: Error) => this.#failed(error),
      )
      .then((waitMs) => {
        this.#stepping = null;
        if (!this.#isStopped) this.#cancelWait = this.#options.clock.after(waitMs, () => this.#go());
      });
  }

  #failed(error: Error): number {
    this.#options.metrics.failed();
    this.#options.logger.warn({ reason: error.message }, "channels could not be brought up to date; it is tried again");
    return pauseMs(this.#failuresInARow++);
  }

  /** Looks once, and brings every channel that lags behind up to date. @throws whatever fails; the next step begins anew */
  async step(): Promise<Step> {
    if (!(await this.#duty.hold())) return "elsewhere";
    const { rows } = await this.#options.database.query<sql.LaggingRow>(
      sql.laggingChannels(refresherLimits.channelsMax),
    );
    this.#lagging = rows.length;
    this.#resting = new Map([...this.#resting].filter(([id]) => rows.some((row) => row.channel_id === id)));
    const nowMs = this.#options.clock.monotonicMs();
    const lagging = rows
      .map(laggingOf)
      .filter(({ channelId }) => (this.#resting.get(channelId)?.untilMs ?? 0) <= nowMs);
    if (lagging.length === 0) return "idle";
    const through = rows[0]!.control_sequence;
    const concerned = await this.#concerned(lagging, through);
    const others = lagging.filter((channel) => !concerned.has(channel)).map(({ channelId }) => channelId);
    if (others.length > 0) await this.#done(others, through);
    const failed = concerned.size === 0 ? 0 : await this.#walkAll([...concerned], through);
    return failed === null ? "elsewhere" : { refreshed: lagging.length - failed, failed };
  }

  /** @returns those of the channels whose numbers may be others since they were last looked after */
  async #concerned(lagging: readonly Lagging[], through: number): Promise<Set<Lagging>> {
    // Whoever was never looked after is concerned by everything.
    const seen = lagging.map((channel) => channel.refreshedThrough).find((sequence) => sequence > 0) ?? through;
    const changes = await this.#changesBetween(seen, through);
    const isConcerned = (channel: Lagging): boolean =>
      changes === null ||
      channel.refreshedThrough === 0 ||
      changes.some(
        (change) =>
          change.sequence > channel.refreshedThrough &&
          concerns(change, { ...channel, isActive: channel.life === "active" }),
      );
    return new Set(lagging.filter(isConcerned));
  }

  /** @returns how many failed; null when it may not go on */
  async #walkAll(channels: readonly Lagging[], through: number): Promise<number | null> {
    const { database, partitionCount, metrics } = this.#options;
    // What a group that is under way writes may be of before the changes: a walk must not overtake it.
    await pastWriters(database, partitionCount);
    let failed = 0;
    let failedInARow = 0;
    for (const channel of channels) {
      try {
        const walked = await walkChannel(this.#options, channel, () => this.#mayGoOn());
        if (walked === null) return null;
        metrics.walked(walked);
        await this.#done([channel.channelId], through);
        failedInARow = 0;
      } catch (error) {
        this.#rest(channel, error as Error);
        failed += 1;
        failedInARow += 1;
        if (failedInARow === refresherLimits.failuresMax) throw error;
      }
    }
    return failed;
  }

  /** Counts a failed walk and lets its channel wait. */
  #rest({ channelId }: Lagging, error: Error): void {
    const { clock, metrics, logger } = this.#options;
    const failures = this.#resting.get(channelId)?.failures ?? 0;
    const untilMs = clock.monotonicMs() + pauseMs(failures);
    this.#resting = new Map(this.#resting).set(channelId, { failures: failures + 1, untilMs });
    metrics.failed();
    logger.warn({ channelId, reason: error.message }, "a channel could not be brought up to date; it is tried again");
  }

  async #mayGoOn(): Promise<boolean> {
    return !this.#isStopped && (await this.#duty.hold());
  }

  async #done(channelIds: readonly string[], through: number): Promise<void> {
    await this.#options.database.query(sql.setRefreshed(channelIds, through));
    this.#lagging -= channelIds.length;
  }

  /** @returns null when there are too many to be weighed one by one */
  async #changesBetween(after: number, upTo: number): Promise<readonly ControlChange[] | null> {
    const { changesMax } = refresherLimits;
    const { rows } = await this.#options.database.query<sql.ControlChangeRow>(
      sql.controlChanges(after, upTo, changesMax + 1),
    );
    if (rows.length > changesMax) return null;
    const changes = rows.map((row) => ({
      sequence: row.sequence,
      kind: row.kind as EntryKind,
      locationId: row.location_id,
      channelId: row.channel_id,
      after: row.location_id === null ? null : placedOf(row.life, row.groups),
    }));
    return withBefore(changes, await this.#locationsAt(changes, after));
  }

  /** Locations that changes concern, as they were in front of all of them. */
  async #locationsAt(
    changes: readonly Omit<ControlChange, "before">[],
    sequence: number,
  ): Promise<ReadonlyMap<string, Placed>> {
    const placed = new Map<string, Placed>();
    const unknown = new Set<string>();
    for (const { kind, locationId } of changes) {
      if (locationId === null || placed.has(locationId) || unknown.has(locationId)) continue;
      if (kind === entryKinds.locationCreated) placed.set(locationId, notThere);
      else unknown.add(locationId);
    }
    if (unknown.size === 0) return placed;
    const { rows } = await this.#options.database.query<sql.PlacedRow>(
      sql.locationsAt([...unknown], sequence, refresherLimits.historyEntriesMax),
    );
    for (const row of rows) placed.set(row.location_id, placedOf(row.life, row.groups));
    return placed;
  }
}

const pauseMs = (failuresBefore: number): number =>
  Math.min(refresherLimits.retryMsMax, refresherLimits.retryMsMin * 2 ** Math.min(failuresBefore, 10));

const placedOf = (life: string | null, groups: readonly string[] | null): Placed => ({
  isActive: life === "active",
  groups: groups ?? [],
});

const laggingOf = (row: sql.LaggingRow): Lagging => ({
  channelId: row.channel_id,
  document: row.document as ChannelDocument,
  life: lifeStates[row.life]!,
  refreshedThrough: row.refreshed_through,
});
