/** How many deliveries one server sends at once, over all subscriptions. Whoever finds none is called when one is free. */
const sendSlotLimits = { inFlightMax: 512 } as const;

export class SendSlots {
  readonly #max: number;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  constructor(max: number = sendSlotLimits.inFlightMax) {
    this.#max = max;
  }

  get taken(): number {
    return this.#taken;
  }

  get free(): number {
    return Math.max(0, this.#max - this.#taken);
  }

  take(count: number): void {
    this.#taken += count;
  }

  release(): void {
    this.#taken -= 1;
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#waiting.delete(first);
    first();
  }

  /** Calls once when a slot is free, those first who have waited longest. */
  whenFree(callback: () => void): void {
    this.#waiting.add(callback);
  }

  forget(callback: () => void): void {
    this.#waiting.delete(callback);
  }
}
