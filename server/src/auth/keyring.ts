/**
 * Recognises API keys. All keys of the installation are held in memory and read again at intervals, so a revoked key
 * stops working everywhere within `refreshMs`; a secret that is not known makes it look again at most once a second.
 */
import type { Role } from "@onhand/protocol/vocabulary";
import type { Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { digestOf } from "./api-key.ts";
import type { Principal } from "./principal.ts";
import { selectActiveKeys } from "./sql/api-keys.ts";

const keyringLimits = {
  refreshMs: 2_000,
  lookAgainMs: 1_000,
  secretLengthMax: 512,
  recognisedMax: 10_000,
} as const;

export class Keyring {
  readonly #database: Queryable;
  readonly #clock: Clock;
  #byDigest = new Map<string, Principal>();
  #byId = new Map<string, Principal>();
  readonly #listeners = new Set<() => void>();
  /** Secrets recognised since the last refresh: spares a digest for each request. */
  #recognised = new Map<string, Principal>();
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;
  #cancel: () => void = () => {};

  constructor(database: Queryable, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async start(): Promise<void> {
    await this.refresh();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#cancel();
    await this.#reading?.catch(() => {});
  }

  /** Reads all keys again. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** @returns the principal behind an active key as it is now, or null when it was revoked */
  current(keyId: string): Principal | null {
    return this.#byId.get(keyId) ?? null;
  }

  /** Calls back each time the keys were read. @returns what ends that */
  onRefreshed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @returns the principal of a secret that was just recognised, without waiting for anything */
  peek(secret: string): Principal | null {
    return this.#recognised.get(secret) ?? null;
  }

  /** @returns the principal of a secret, or null when it is no valid key */
  async identify(secret: string): Promise<Principal | null> {
    if (secret.length > keyringLimits.secretLengthMax) return null;
    const digest = digestOf(secret).toString("hex");
    if (!this.#byDigest.has(digest) && this.#clock.monotonicMs() - this.#readAtMs >= keyringLimits.lookAgainMs)
      await this.refresh();
    const principal = this.#byDigest.get(digest) ?? null;
    if (principal !== null && this.#recognised.size < keyringLimits.recognisedMax)
      this.#recognised.set(secret, principal);
    return principal;
  }

  #schedule(): void {
    this.#cancel = this.#clock.after(keyringLimits.refreshMs, () => {
      // A database that is away for a moment leaves the keys as they are; readiness tells of it.
      void this.refresh()
        .catch(() => {})
        .finally(() => this.#schedule());
    });
  }

  async #read(): Promise<void> {
    const { rows } = await this.#database.query<{ key_id: string; name: string; role: Role; digest: Buffer }>(
      selectActiveKeys(),
    );
    this.#byDigest = new Map(
      rows.map((row) => [row.digest.toString("hex"), { keyId: row.key_id, name: row.name, role: row.role }]),
    );
    this.#byId = new Map([...this.#byDigest.values()].map((principal) => [principal.keyId, principal]));
    this.#recognised = new Map();
    this.#readAtMs = this.#clock.monotonicMs();
    for (const listener of this.#listeners) listener();
  }
}
