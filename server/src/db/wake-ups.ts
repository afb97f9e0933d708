/**
 * Tells the other servers on this database that something was committed. Only ever a wake-up: it is sent outside the
 * transactions that write, says nothing, and may be lost; whoever waits also looks for himself now and then.
 *
 * Modes: connecting → listening → connecting again when the connection breaks; stopped.
 */
import pg from "pg";
import type { Clock } from "../lib/clock.ts";
import { connectionOptions, type DatabaseTarget } from "./connection-options.ts";

const wakeUpLimits = {
  /** Commits within this time of each other share a wake-up. */
  sendMsMin: 10,
  reconnectMs: 1_000,
  /** A connection on which nothing is answered for so long is given up. */
  answerMsMax: 5_000,
} as const;

const channel = "onhand_committed";

export class WakeUps {
  readonly #target: DatabaseTarget;
  readonly #clock: Clock;
  readonly #onWake: () => void;
  readonly #answerMsMax: number;
  #client: pg.Client | null = null;
  /** A wake-up is on its way or was just sent. */
  #isSending = false;
  #sendsAgain = false;
  #isStopped = false;
  #cancelReconnect: () => void = () => {};
  /** Wake-ups sent and received, since the start. */
  readonly counts = { sent: 0, received: 0 };

  /** @param onWake called when another server says that it has committed something */
  constructor(
    target: DatabaseTarget,
    clock: Clock,
    onWake: () => void,
    answerMsMax: number = wakeUpLimits.answerMsMax,
  ) {
    this.#target = target;
    this.#clock = clock;
    this.#onWake = onWake;
    this.#answerMsMax = answerMsMax;
  }

  get isListening(): boolean {
    return this.#client !== null;
  }

  /** Never fails: without a connection there are no wake-ups, and it is tried again. */
  async start(): Promise<void> {
    const purpose = { name: "wake-ups", role: "application", queryTimeoutMs: this.#answerMsMax } as const;
    const client = new pg.Client(connectionOptions(this.#target, purpose));
    let isLost = false;
    const lost = (): void => {
      if (isLost) return;
      isLost = true;
      if (this.#client === client) this.#client = null;
      client.end().catch(() => {});
      if (!this.#isStopped)
        this.#cancelReconnect = this.#clock.after(wakeUpLimits.reconnectMs, () => void this.start());
    };
    client.on("error", lost);
    client.on("end", lost);
    client.on("notification", ({ processId }) => {
      if (processId === (client as unknown as { processID: number }).processID) return;
      this.counts.received += 1;
      this.#onWake();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      if (this.#isStopped) return lost();
      this.#client = client;
      // Whatever was said while nobody listened here.
      this.#onWake();
    } catch {
      lost();
    }
  }

  /** Wakes the others, soon and once for all that was committed meanwhile. */
  send(): void {
    if (this.#isSending) {
      this.#sendsAgain = true;
      return;
    }
    const client = this.#client;
    if (client === null) return;
    this.#isSending = true;
    this.counts.sent += 1;
    client
      .query({ name: "wake_up", text: `SELECT pg_notify('${channel}', '')` })
      .catch(() => {})
      .finally(() => this.#clock.after(wakeUpLimits.sendMsMin, () => this.#sent()));
  }

  #sent(): void {
    this.#isSending = false;
    if (!this.#sendsAgain) return;
    this.#sendsAgain = false;
    this.send();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelReconnect();
    await this.#client?.end().catch(() => {});
  }
}
