/**
 * Connections that are kept for the next delivery to the same endpoint: a bounded number of idle ones, each for a bounded
 * time, so that a name that leads elsewhere is noticed.
 */
import type { Clock } from "../../lib/clock.ts";
import type { Connection } from "./connection.ts";

const connectionPoolLimits = { idleMsMax: 15_000, ageMsMax: 60_000, idlePerOriginMax: 64 } as const;

interface Idle {
  readonly connection: Connection;
  readonly cancel: () => void;
}

export class ConnectionPool {
  readonly #clock: Clock;
  readonly #idle = new Map<string, Idle[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns an open connection that nobody uses, or null */
  take(origin: string): Connection | null {
    const idle = this.#idle.get(origin);
    for (let found = idle?.pop(); found !== undefined; found = idle?.pop()) {
      found.cancel();
      const { connection } = found;
      connection.onClosed = () => {};
      const ageMs = this.#clock.monotonicMs() - connection.openedAtMs;
      if (!connection.isClosed && ageMs < connectionPoolLimits.ageMsMax) return connection;
      connection.close();
    }
    this.#idle.delete(origin);
    return null;
  }

  /** Keeps a connection for later, if it may be used again and there is room. */
  give(origin: string, connection: Connection): void {
    const idle = this.#idle.get(origin) ?? [];
    if (connection.isClosed || idle.length >= connectionPoolLimits.idlePerOriginMax) {
      connection.close();
      return;
    }
    const drop = (): void => {
      connection.close();
      cancel();
      const index = idle.findIndex((each) => each.connection === connection);
      if (index >= 0) idle.splice(index, 1);
      if (idle.length === 0 && this.#idle.get(origin) === idle) this.#idle.delete(origin);
    };
    const cancel = this.#clock.after(connectionPoolLimits.idleMsMax, drop);
    connection.onClosed = drop;
    idle.push({ connection, cancel });
    this.#idle.set(origin, idle);
  }

  close(): void {
    for (const idle of this.#idle.values()) {
      for (const { connection, cancel } of idle) {
        cancel();
        connection.close();
      }
    }
    this.#idle.clear();
  }
}
