/**
 * When sources were heard of: gathered in memory and written down now and then, for a busy source is heard of many times a
 * second. What is gathered when a server dies is lost; the next line says it anew.
 */
import type { Queryable } from "../db/pool.ts";
import type { Heard } from "../intake/intake.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../telemetry/logger.ts";
import { writeContacts } from "./sql/sources.ts";

const contactLimits = {
  /** How long contacts are gathered. */
  gatherMs: 500,
  /** Pairs of source and location that are gathered; more are left out until these are written. */
  pairsMax: 20_000,
} as const;

interface Contact {
  readonly sourceId: string;
  readonly locationId: string;
  heardAtMs: number;
  eventAtMs: number | null;
}

export class ContactBook {
  readonly #database: Queryable;
  readonly #clock: Clock;
  readonly #logger: Pick<Logger, "warn">;
  #gathered = new Map<string, Contact>();
  #cancel: (() => void) | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(database: Queryable, clock: Clock, logger: Pick<Logger, "warn">) {
    this.#database = database;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** A source was heard of, as a whole and at places. */
  heard(sourceId: string, places: Heard): void {
    const events = [...places.values()].filter((each) => each !== null);
    this.#note(sourceId, "", events.length === 0 ? null : events.reduce((a, b) => Math.max(a, b)));
    for (const [locationId, eventAtMs] of places) this.#note(sourceId, locationId, eventAtMs);
    this.#cancel ??= this.#clock.after(contactLimits.gatherMs, () => {
      this.#cancel = null;
      void this.flush().catch((error: Error) =>
        this.#logger.warn({ reason: error.message }, "when sources were heard of could not be written down"),
      );
    });
  }

  /** Writes down what is gathered. */
  flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => {}).then(() => this.#write());
    return this.#writing;
  }

  /** Writes the rest down, and gathers no more by itself. */
  async stop(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    await this.flush().catch(() => {});
  }

  #note(sourceId: string, locationId: string, eventAtMs: number | null): void {
    const name = JSON.stringify([sourceId, locationId]);
    const heardAtMs = this.#clock.monotonicMs();
    const known = this.#gathered.get(name);
    if (known === undefined) {
      if (this.#gathered.size < contactLimits.pairsMax)
        this.#gathered.set(name, { sourceId, locationId, heardAtMs, eventAtMs });
      return;
    }
    known.heardAtMs = heardAtMs;
    if (eventAtMs !== null) known.eventAtMs = Math.max(known.eventAtMs ?? eventAtMs, eventAtMs);
  }

  async #write(): Promise<void> {
    const gathered = [...this.#gathered.values()];
    this.#gathered = new Map();
    if (gathered.length === 0) return;
    const nowMs = this.#clock.monotonicMs();
    await this.#database.query(
      writeContacts(
        gathered.map(({ sourceId, locationId, heardAtMs, eventAtMs }) => ({
          sourceId,
          locationId,
          agoMs: Math.max(0, Math.round(nowMs - heardAtMs)),
          eventAtMs,
        })),
      ),
    );
  }
}
