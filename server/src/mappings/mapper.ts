/**
 * Evaluates mappings in a thread of its own, so that no expression and no payload holds up the server.
 *
 * Modes: idle, without a thread → working → working … ; a thread that does not answer in time is ended, what it worked on has
 * failed, and the next payload begins a new one. One payload is evaluated at a time; others wait, up to a limit.
 */
import type { Clock } from "../lib/clock.ts";
import type { MappingMetrics } from "../telemetry/mapping-metrics.ts";
import type { MappingInput, MappingOutput } from "./evaluate.ts";
import { mappingLimits } from "./mapping-limits.ts";

/** Too many payloads wait already. */
export class MapperFull extends Error {
  override readonly name = "MapperFull";
}

interface Waiting {
  readonly input: MappingInput;
  readonly settle: (output: MappingOutput) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Takes the next answer, or hears that none will come. */
  answer: ((output: MappingOutput) => void) | null;
}

const ended = (detail: string): MappingOutput => ({ fault: { code: "time", detail } });

export class Mapper {
  readonly #clock: Clock;
  readonly #metrics: MappingMetrics | undefined;
  readonly #waiting: Waiting[] = [];
  #thread: Thread | null = null;
  #isWorking = false;
  #isStopped = false;

  constructor(clock: Clock, metrics?: MappingMetrics) {
    this.#clock = clock;
    this.#metrics = metrics;
  }

  /** Payloads that wait for the thread. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** @throws MapperFull */
  map(input: MappingInput): Promise<MappingOutput> {
    if (this.#isStopped || this.#waiting.length >= mappingLimits.waitingMax)
      throw new MapperFull("Too many payloads wait to be read.");
    const { promise, resolve } = Promise.withResolvers<MappingOutput>();
    this.#waiting.push({ input, settle: resolve });
    if (!this.#isWorking) void this.#work();
    return promise;
  }

  /** Ends the thread; what waits has failed. */
  stop(): void {
    this.#isStopped = true;
    this.#endThread("The server stops.");
    for (const { settle } of this.#waiting.splice(0)) settle(ended("The server stops."));
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (;;) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      const startedAtMs = this.#clock.monotonicMs();
      const output = await this.#evaluate(next.input);
      this.#metrics?.evaluated("fault" in output ? output.fault.code : "ok", this.#clock.monotonicMs() - startedAtMs);
      next.settle(output);
    }
    this.#isWorking = false;
  }

  #evaluate(input: MappingInput): Promise<MappingOutput> {
    const { promise, resolve } = Promise.withResolvers<MappingOutput>();
    const thread = this.#openThread();
    const cancel = this.#clock.after(mappingLimits.answerMsMax, () =>
      this.#endThread(`It did not answer within ${mappingLimits.answerMsMax} ms.`),
    );
    thread.answer = (output) => {
      cancel();
      thread.answer = null;
      resolve(output);
    };
    thread.worker.postMessage(input);
    return promise;
  }

  #openThread(): Thread {
    if (this.#thread !== null) return this.#thread;
    const worker = new Worker(new URL("./mapping-thread.ts", import.meta.url));
    // A server that has nothing else to do may end.
    (worker as Worker & { unref?: () => void }).unref?.();
    const thread: Thread = { worker, answer: null };
    worker.onmessage = ({ data }: MessageEvent<MappingOutput>) => thread.answer?.(data);
    worker.onerror = ({ message }) => this.#endThread(`The thread failed: ${message}`);
    this.#thread = thread;
    return thread;
  }

  #endThread(detail: string): void {
    const thread = this.#thread;
    this.#thread = null;
    thread?.worker.terminate();
    thread?.answer?.(ended(detail));
  }
}
