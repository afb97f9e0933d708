/**
 * Gathers look-ups that are asked for while others are under way into one. There is no timer: an idle batcher asks at
 * once, a busy one asks for many keys together. Each key is read after it was asked for, never before.
 */
export interface BatcherLimits {
  readonly keysPerBatchMax: number;
  readonly batchesInFlightMax: number;
  /** Keys that may wait before look-ups are refused. */
  readonly waitingMax: number;
}

/** Too many look-ups are waiting. */
export class BatcherFull extends Error {
  override readonly name = "BatcherFull";
}

interface Waiting<Key, Value> {
  readonly key: Key;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

export class Batcher<Key, Value> {
  readonly #load: (keys: readonly Key[]) => Promise<readonly Value[]>;
  readonly #limits: BatcherLimits;
  #waiting: Waiting<Key, Value>[] = [];
  #inFlight = 0;

  /** @param load answers with one value for each key, in order */
  constructor(load: (keys: readonly Key[]) => Promise<readonly Value[]>, limits: BatcherLimits) {
    this.#load = load;
    this.#limits = limits;
  }

  get(key: Key): Promise<Value> {
    if (this.#waiting.length >= this.#limits.waitingMax)
      return Promise.reject(new BatcherFull("too many reads are waiting"));
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    this.#waiting.push({ key, resolve, reject });
    this.#pump();
    return promise;
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#inFlight < this.#limits.batchesInFlightMax) {
      const batch = this.#waiting.splice(0, this.#limits.keysPerBatchMax);
      this.#inFlight += 1;
      void this.#run(batch);
    }
  }

  async #run(batch: readonly Waiting<Key, Value>[]): Promise<void> {
    try {
      const values = await this.#load(batch.map(({ key }) => key));
      this.#inFlight -= 1;
      this.#pump();
      for (const [index, { resolve }] of batch.entries()) resolve(values[index]!);
    } catch (error) {
      this.#inFlight -= 1;
      this.#pump();
      for (const { reject } of batch) reject(error);
    }
  }
}
