/**
 * Tickets for streams of browsers, which cannot send headers with them: 256 random bits that stand for the key of who
 * asked, once and for a minute, on every server. The database holds only their digest.
 */
import { randomBytes } from "node:crypto";
import type { Role } from "@onhand/protocol/vocabulary";
import type { Queryable } from "../db/pool.ts";
import { digestOf } from "./api-key.ts";
import type { Principal } from "./principal.ts";
import { insertTicket, takeTicket } from "./sql/tickets.ts";

const ticketLimits = {
  lifeMs: 60_000,
  /** Expired tickets that are cleared away with each new one. */
  clearedMax: 10,
  /** Tickets that are looked up at the same time; more are turned away. */
  lookUpsMax: 200,
} as const;

/** More tickets are presented at once than this server looks up. */
class Overloaded extends Error {
  override readonly name = "Overloaded";
}

export class Tickets {
  readonly #database: Queryable;
  readonly #issued: () => void;
  #lookUps = 0;

  /** @param issued is called for each ticket that was given out */
  constructor(database: Queryable, issued: () => void) {
    this.#database = database;
    this.#issued = issued;
  }

  async issue(principal: Principal): Promise<{ ticket: string; expiresAtMs: number }> {
    const ticket = `tkt_${randomBytes(32).toString("base64url")}`;
    const { lifeMs, clearedMax } = ticketLimits;
    const statement = insertTicket(digestOf(ticket), principal.keyId, lifeMs, clearedMax);
    const { rows } = await this.#database.query<{ expires_at: number }>(statement);
    this.#issued();
    return { ticket, expiresAtMs: rows[0]!.expires_at };
  }

  /** Uses a ticket up. @returns whose it is, or null when it is not known, used, expired, or its key was revoked */
  async redeem(ticket: string): Promise<Principal | null> {
    if (!/^tkt_[A-Za-z0-9_-]{43}$/.test(ticket)) return null;
    if (this.#lookUps >= ticketLimits.lookUpsMax) throw new Overloaded("too many tickets are presented at once");
    this.#lookUps += 1;
    try {
      const { rows } = await this.#database.query<{ key_id: string; name: string; role: Role }>(
        takeTicket(digestOf(ticket)),
      );
      const [row] = rows;
      return row === undefined ? null : { keyId: row.key_id, name: row.name, role: row.role };
    } finally {
      this.#lookUps -= 1;
    }
  }
}
