/**
 * Delivers one subscription for as long as this server holds its lease. Modes: loading → serving → loading again when it was
 * changed, or ended.
 */

import { DeliverySession } from "./delivery-session.ts";
import { LeaseLost, type Loaded } from "./delivery-store.ts";
import { EndpointPace } from "./plan/endpoint-pace.ts";
import type { Lease, WorkerParts } from "./worker-parts.ts";

export class SubscriptionWorker {
  readonly lease: Lease;
  readonly #parts: WorkerParts;
  /** Outlives reloading: what is known of the endpoint stays known. */
  readonly #pace = new EndpointPace();
  #session: DeliverySession | null = null;
  #isStopped = false;

  constructor(parts: WorkerParts, lease: Lease) {
    this.#parts = parts;
    this.lease = lease;
  }

  get isBreakerOpen(): boolean {
    return this.#pace.isOpen;
  }

  /** The subscription has another revision now. */
  noticeRevision(revision: number): void {
    if (this.#session !== null && this.#session.revision !== revision) this.#session.end("changed");
  }

  /** Starts nothing more; `run` resolves when what was in flight is on record. */
  stop(): void {
    this.#isStopped = true;
    this.#session?.end("stopped");
  }

  /** The lease is another server's: everything is dropped. */
  lose(): void {
    this.#isStopped = true;
    this.#session?.end("lost");
  }

  /** Delivers until the lease is lost, the subscription is not active, or it is stopped. */
  async run(): Promise<"over" | "failed"> {
    while (!this.#isStopped) {
      let loaded: Loaded;
      try {
        loaded = await this.#parts.store.load(this.lease);
      } catch (error) {
        if (error instanceof LeaseLost) return "over";
        this.#parts.logger.warn(
          { subscriptionId: this.lease.subscriptionId, err: error },
          "webhooks could not be read",
        );
        return "failed";
      }
      if (!loaded.subscription.isActive) return "over";
      if (this.#isStopped) return "over";
      this.#session = new DeliverySession(this.#parts, this.lease, loaded, this.#pace);
      const end = await this.#session.run();
      this.#session = null;
      if (end === "failed") return "failed";
      if (end !== "changed") return "over";
    }
    return "over";
  }
}
