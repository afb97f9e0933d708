/**
 * Reads payloads again that took too long: often it was the machine that was busy. Every server does it; done twice it comes to the
 * same, for each line has effect once. Whatever else could not be read waits for another mapping.
 *
 * Modes: resting → looking → resting; stopped.
 */
import type { Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import type { Sources } from "../sources/sources.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { EventDoor } from "./event-door.ts";
import { mappingLimits } from "./mapping-limits.ts";
import { selectTimedOut } from "./sql/payloads.ts";

/** Who reads again when nobody asked. */
const principal = { keyId: "onhand", name: "onhand", role: "writer" } as const;

export interface PayloadKeeperOptions {
  readonly database: Queryable;
  readonly sources: Pick<Sources, "registered">;
  readonly eventDoor: Pick<EventDoor, "retry">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
}

export class PayloadKeeper {
  readonly #options: PayloadKeeperOptions;
  #isStopped = false;
  #looking: Promise<void> = Promise.resolve();
  #cancelRest: () => void = () => {};

  constructor(options: PayloadKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#rest();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRest();
    await this.#looking;
  }

  #rest(): void {
    if (this.#isStopped) return;
    this.#cancelRest = this.#options.clock.after(mappingLimits.lookMs, () => {
      this.#looking = this.look().then(
        () => this.#rest(),
        (error: Error) => {
          this.#options.logger.warn({ reason: error.message }, "payloads could not be read again; it is tried again");
          this.#rest();
        },
      );
    });
  }

  /** Looks once. @throws whatever fails; the next look begins anew */
  async look(): Promise<void> {
    const { database, sources, eventDoor, clock } = this.#options;
    const { restSeconds, triesByItselfMax, sourcesPerLookMax } = mappingLimits;
    const { rows } = await database.query<{ source_id: string }>(
      selectTimedOut(restSeconds, triesByItselfMax, sourcesPerLookMax),
    );
    for (const { source_id: sourceId } of rows) {
      if (this.#isStopped) return;
      try {
        const source = await sources.registered(sourceId);
        const requestId = sortableId("look_", clock.nowMs());
        const context = { principal, idempotencyKey: requestId, requestId, traceparent: null, source: null };
        await eventDoor.retry(source, context, null);
      } catch (error) {
        // It was archived or removed meanwhile, or has no room: it is for its own next look.
        if (!(error instanceof WorkRefusal)) throw error;
      }
    }
  }
}
