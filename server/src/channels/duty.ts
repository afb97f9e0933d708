/**
 * Work that one server does at a time. Modes: elsewhere → held → elsewhere. A holder that does not renew in time, because
 * it died or was frozen, loses it to another server; what both did meanwhile must do no harm.
 */
import type { Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import * as sql from "./sql/duty.ts";

const dutyLimits = {
  leaseMs: 10_000,
  /** A lease is renewed when so much of it is over. */
  renewAfterMs: 3_000,
} as const;

export class Duty {
  readonly #database: Queryable;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #serverId: string;
  #held: { readonly token: number; readonly renewedAtMs: number } | null = null;

  constructor(database: Queryable, clock: Clock, name: string, serverId: string) {
    this.#database = database;
    this.#clock = clock;
    this.#name = name;
    this.#serverId = serverId;
  }

  /** As far as this server knows. */
  get isHeld(): boolean {
    return this.#held !== null;
  }

  /** Takes the duty if it is free, and renews it in time. @returns whether it is this server's */
  async hold(): Promise<boolean> {
    const nowMs = this.#clock.monotonicMs();
    const held = this.#held;
    if (held !== null && nowMs - held.renewedAtMs < dutyLimits.renewAfterMs) return true;
    this.#held = null;
    const { leaseMs } = dutyLimits;
    const statement =
      held === null
        ? sql.claimDuty(this.#name, this.#serverId, leaseMs)
        : sql.renewDuty(this.#name, held.token, leaseMs);
    const { rows } = await this.#database.query<{ token: number }>(statement);
    if (rows[0] !== undefined) this.#held = { token: rows[0].token, renewedAtMs: nowMs };
    return this.isHeld;
  }

  /** Gives it back, so that another server need not wait for the lease to end. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#held = null;
    if (held !== null) await this.#database.query(sql.releaseDuty(this.#name, held.token));
  }
}
