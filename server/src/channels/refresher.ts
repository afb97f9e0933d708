/**
 * Keeps what channels are told in step with the catalogue: a channel that changed, or a location that came, went or moved
 * between groups, changes many numbers at once, which are made right here in the background. What stock does to a number
 * is none of its business: that is told by the entry behind the change itself.
 *
 * Modes: elsewhere (another server does it; asked for now and then) → held (looking, and walking through channels that lag
 * behind the control partition) → elsewhere; stopped. A channel is done up to a place in the control partition only when
 * its walk has come to its end, so that one that was broken off begins anew, on whichever server.
 */
import type { EntryKind, LifeState } from "@onhand/protocol/vocabulary";
import { lifeStates } from "@onhand/protocol/vocabulary";
import type { ChannelDocument } from "../core/catalogue/catalogue.ts";
import type { Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import type { ChannelMetrics } from "../telemetry/channel-metrics.ts";
import type { Logger } from "../telemetry/logger.ts";
import { Duty } from "./duty.ts";
import { type ControlChange, concerns } from "./scope.ts";
import * as sql from "./sql/refresh.ts";
import { type WalkedChannel, type WalkParts, walkChannel } from "./walk.ts";

const refresherLimits = {
  /** How often the server that does it looks for changes of the catalogue. */
  lookMs: 250,
  /** How often the others ask whether it is free. */
  claimMs: 2_000,
  /** After a failure; doubled with each one in a row. */
  retryMsMin: 250,
  retryMsMax: 10_000,
  /** Channels that are looked after at once. */
  channelsMax: 100,
  /** Changes of the catalogue that are weighed one by one; with more, every channel is walked through. */
  changesMax: 1_000,
} as const;

const dutyName = "channels";

export interface RefresherOptions extends WalkParts {
  readonly database: Queryable;
  readonly serverId: string;
  readonly clock: Clock;
  readonly metrics: ChannelMetrics;
  readonly logger: Pick<Logger, "warn">;
}

/** What a step came to: another server's work, nothing to do, or so many channels brought up to date. */
export type Step = "elsewhere" | "idle" | { readonly refreshed: number };

interface Lagging extends WalkedChannel {
  readonly refreshedThrough: number;
}

export class ChannelRefresher {
  readonly #options: RefresherOptions;
  readonly #duty: Duty;
  #failuresInARow = 0;
  #stepping: Promise<void> | null = null;
  #cancelWait: () => void = () => {};
  #isStopped = false;
  #lagging = 0;

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
    const { retryMsMin, retryMsMax } = refresherLimits;
    return Math.min(retryMsMax, retryMsMin * 2 ** Math.min(this.#failuresInARow++, 10));
  }

  /** Looks once, and brings every channel that lags behind up to date. @throws whatever fails; the next step begins anew */
  async step(): Promise<Step> {
    if (!(await this.#duty.hold())) return "elsewhere";
    const { rows } = await this.#options.database.query<sql.LaggingRow>(
      sql.laggingChannels(refresherLimits.channelsMax),
    );
    this.#lagging = rows.length;
    const [first] = rows;
    if (first === undefined) return "idle";
    const through = first.control_sequence;
    const lagging = rows.map(laggingOf);
    // Whoever was never looked after is concerned by everything.
    const seen = lagging.map((channel) => channel.refreshedThrough).find((sequence) => sequence > 0) ?? through;
    const changes = await this.#changesBetween(seen, through);
    const isConcerned = ({ channelId, document, refreshedThrough }: Lagging): boolean =>
      changes === null ||
      refreshedThrough === 0 ||
      changes.some((change) => change.sequence > refreshedThrough && concerns(change, channelId, document));
    const others = lagging.filter((channel) => !isConcerned(channel)).map((channel) => channel.channelId);
    if (others.length > 0) await this.#done(others, through);
    for (const channel of lagging.filter(isConcerned)) {
      const walked = await walkChannel(this.#options, channel, () => this.#mayGoOn());
      if (walked === null) return "elsewhere";
      this.#options.metrics.walked(walked);
      await this.#done([channel.channelId], through);
    }
    return { refreshed: lagging.length };
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
    return rows.map((row) => ({
      sequence: row.sequence,
      kind: row.kind as EntryKind,
      locationId: row.location_id,
      channelId: row.channel_id,
      groups: row.groups ?? [],
    }));
  }
}

const laggingOf = (row: sql.LaggingRow): Lagging => ({
  channelId: row.channel_id,
  document: row.document as ChannelDocument,
  isActive: (lifeStates[row.life] satisfies LifeState | undefined) === "active",
  refreshedThrough: row.refreshed_through,
});
