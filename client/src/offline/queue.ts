/**
 * Commands that must reach the server whatever happens to the network or to this program: each is stored with its key
 * and its whole request before it is sent, and sent again under that key until there is an answer.
 *
 * Modes: opening → open → closed. A command goes pending → sent → answered, which removes it, or → refused, which keeps
 * it until `dismiss` or `retry`. Between any two of these steps the program may end: what was stored is sent again
 * after a restart, and its key makes the server apply it once.
 *
 * Invariants. A command of an item is sent only when those before it were answered or refused. Nothing is ever sent
 * that is not stored. Nothing leaves the store but what was answered or dismissed. Full: `commandsMax`, refused ones
 * included; a further command is not taken (QueueFull).
 */
import type { Problem } from "@onhand/protocol/problems";
import type { Answer } from "../answer.ts";
import type { Call, Send, WriteOptions } from "../call.ts";
import { OnhandProblem } from "../errors.ts";
import { bindOperations, type Operations } from "../generated/operations.ts";
import { newIdempotencyKey } from "../idempotency-key.ts";
import { onOnline } from "../live/online.ts";
import { request, type Transport } from "../request.ts";
import { backoffMs, type RetryPolicy } from "../retry.ts";
import { type ItemName, itemOf, mustWaitFor } from "./order.ts";
import type { QueueStore, StoredCommand } from "./store.ts";

export const offlineLimits = {
  /** Commands in the store, refused ones included. */
  commandsMax: 10_000,
  /** Characters of a stored request. */
  requestCharactersMax: 262_144,
  /** Commands on their way at a time. */
  inFlightMax: 4,
  /**
   * The server remembers keys for at least 7 days. A command that was sent longer ago than this and never answered is
   * not sent again, for it might be applied twice; it is refused here with `outcome_too_old`.
   */
  repeatMsMax: 6 * 24 * 3_600_000,
} as const;

const policy: RetryPolicy = {
  triesMax: Number.POSITIVE_INFINITY,
  totalMsMax: Number.POSITIVE_INFINITY,
  backoffMs: 500,
  backoffMsMax: 30_000,
};

export interface OfflineQueueOptions {
  readonly store: QueueStore;
  /** A command was answered; also those of an earlier run of the program. */
  readonly onAnswered?: ((command: StoredCommand, answer: Answer<unknown>) => void) | undefined;
  /** A command was refused for good. It is kept: show it to somebody, then dismiss it or retry it. */
  readonly onRefused?: ((command: StoredCommand, problem: Problem) => void) | undefined;
  /** Sending failed and will be tried again: no network, no server, credentials that are not valid. */
  readonly onTrouble?: ((error: unknown) => void) | undefined;
}

/** A command that is stored. */
export interface QueuedCommand<Body> {
  readonly id: number;
  readonly idempotencyKey: string;
  /** Resolves with the answer. Rejects with OnhandProblem when it is refused, with QueueClosed when the queue closes before. */
  readonly outcome: Promise<Answer<Body>>;
}

/** The queue holds as many commands as it may; nothing was stored. */
export class QueueFull extends Error {
  override readonly name = "QueueFull";
}

/** The queue was closed; what it holds is sent when it is opened again. */
export class QueueClosed extends Error {
  override readonly name = "QueueClosed";
}

interface Waiting {
  resolve(answer: Answer<unknown>): void;
  reject(error: unknown): void;
}

export class OfflineQueue {
  readonly #http: Transport;
  readonly #options: OfflineQueueOptions;
  readonly #commands = new Map<number, StoredCommand>();
  readonly #items = new Map<number, ItemName>();
  readonly #inFlight = new Set<number>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended = new AbortController();
  readonly #forgetOnline: () => void;
  #idle: (() => void)[] = [];
  #nextId = 1;
  #failures = 0;
  #pause: AbortController | null = null;

  /** @returns a queue that sends what an earlier run left behind @throws QueueLocked, QueueDamaged */
  static async open(http: Transport, options: OfflineQueueOptions): Promise<OfflineQueue> {
    const stored = await options.store.open();
    const queue = new OfflineQueue(http, options, stored);
    queue.#pump();
    return queue;
  }

  private constructor(http: Transport, options: OfflineQueueOptions, stored: readonly StoredCommand[]) {
    this.#http = http;
    this.#options = options;
    for (const command of [...stored].sort((one, other) => one.id - other.id)) {
      this.#keep(command);
      this.#nextId = command.id + 1;
    }
    this.#forgetOnline = onOnline(() => this.flush());
  }

  /** What is in the queue, oldest first. */
  commands(): readonly StoredCommand[] {
    return [...this.#commands.values()];
  }

  /**
   * Stores a command: `queue.add((api) => api.adjustInventory({ … }))`. It resolves as soon as the command is durable;
   * from then on it will be sent, also after a restart. @throws QueueFull, QueueClosed, or what the store throws
   */
  async add<Body>(describe: (api: Operations) => Promise<Body>): Promise<QueuedCommand<Body>> {
    this.#throwIfClosed();
    const { call, options } = describedCall(describe);
    const { commandsMax, requestCharactersMax } = offlineLimits;
    if (JSON.stringify(call).length > requestCharactersMax)
      throw new QueueFull(`a command takes at most ${requestCharactersMax} characters; send less at once`);
    if (this.#commands.size >= commandsMax)
      throw new QueueFull(
        `the queue holds ${commandsMax} commands; wait until some are answered, or dismiss refused ones`,
      );
    const command: StoredCommand = {
      id: this.#nextId++,
      idempotencyKey: options.idempotencyKey ?? newIdempotencyKey(),
      call,
      ifMatch: options.ifMatch ?? null,
      state: "pending",
      storedAtMs: this.#http.clock.nowMs(),
      firstSentAtMs: null,
      problem: null,
    };
    // Its place in the order is taken now, though it is sent only when it is stored.
    this.#keep(command);
    this.#inFlight.add(command.id);
    try {
      await this.#options.store.put(command);
    } catch (error) {
      this.#drop(command.id);
      throw error;
    } finally {
      this.#inFlight.delete(command.id);
    }
    const outcome = new Promise<Answer<Body>>((resolve, reject) => {
      this.#waiting.set(command.id, { resolve: resolve as Waiting["resolve"], reject });
    });
    // Whoever does not look at the outcome is told by the callbacks.
    outcome.catch(() => {});
    if (this.#ended.signal.aborted) this.#waiting.get(command.id)!.reject(new QueueClosed("the queue was closed"));
    this.#pump();
    return { id: command.id, idempotencyKey: command.idempotencyKey, outcome };
  }

  /** Tries at once what waits for its next try. */
  flush(): void {
    this.#pause?.abort();
  }

  /** Resolves when everything was answered or refused. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#pump();
    });
  }

  /** Forgets a refused command. */
  async dismiss(id: number): Promise<void> {
    this.#refused(id);
    await this.#options.store.remove(id);
    this.#drop(id);
    this.#pump();
  }

  /** Sends a refused command again, as a new one: under its old key the server would only repeat its answer. */
  async retry(id: number): Promise<void> {
    const command = this.#refused(id);
    await this.#store({
      ...command,
      idempotencyKey: newIdempotencyKey(),
      state: "pending",
      firstSentAtMs: null,
      problem: null,
    });
    this.#pump();
  }

  /** Ends what is under way and lets go of the store. What is in it is sent when it is opened again. */
  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#pause?.abort();
    this.#forgetOnline();
    for (const { reject } of this.#waiting.values()) reject(new QueueClosed("the queue was closed"));
    this.#waiting.clear();
    await this.#options.store.close();
  }

  #throwIfClosed(): void {
    if (this.#ended.signal.aborted) throw new QueueClosed("the queue is closed");
  }

  #refused(id: number): StoredCommand {
    this.#throwIfClosed();
    const command = this.#commands.get(id);
    if (command?.state !== "refused") throw new RangeError(`there is no refused command ${id}`);
    return command;
  }

  #keep(command: StoredCommand): void {
    this.#commands.set(command.id, command);
    this.#items.set(command.id, itemOf(command.call));
  }

  #drop(id: number): void {
    this.#commands.delete(id);
    this.#items.delete(id);
  }

  async #store(command: StoredCommand): Promise<void> {
    await this.#options.store.put(command);
    this.#commands.set(command.id, command);
  }

  /** Starts what may start. */
  #pump(): void {
    if (this.#ended.signal.aborted || this.#pause !== null) return;
    const before: ItemName[] = [];
    for (const { id, state } of this.#commands.values()) {
      if (this.#inFlight.size >= offlineLimits.inFlightMax) return;
      if (state === "refused") continue;
      const item = this.#items.get(id)!;
      const isFree = !this.#inFlight.has(id) && !before.some((earlier) => mustWaitFor(earlier, item));
      before.push(item);
      if (isFree) void this.#send(id);
    }
    if (before.length === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #send(id: number): Promise<void> {
    this.#inFlight.add(id);
    try {
      await this.#try(this.#commands.get(id)!);
      this.#failures = 0;
    } catch (error) {
      if (!this.#ended.signal.aborted) void this.#wait(error);
    } finally {
      this.#inFlight.delete(id);
      this.#pump();
    }
  }

  /** @throws what speaks against sending now; the command stays as it is */
  async #try(command: StoredCommand): Promise<void> {
    const nowMs = this.#http.clock.nowMs();
    if (command.firstSentAtMs !== null && nowMs - command.firstSentAtMs > offlineLimits.repeatMsMax)
      return this.#refuse(command, tooOld(command));
    const sent: StoredCommand = { ...command, state: "sent", firstSentAtMs: command.firstSentAtMs ?? nowMs };
    if (command.state === "pending") await this.#store(sent);
    const { idempotencyKey, ifMatch, call } = sent;
    const options = {
      idempotencyKey,
      ...(ifMatch === null ? {} : { ifMatch }),
      retry: false,
      signal: this.#ended.signal,
    } as const;
    let answer: Answer<unknown>;
    try {
      answer = await request(this.#http, call, options);
    } catch (error) {
      if (!(error instanceof OnhandProblem) || mayPass(error)) throw error;
      return this.#refuse(sent, error);
    }
    const answered: StoredCommand = { ...sent, state: "answered" };
    this.#commands.set(sent.id, answered);
    this.#guarded(() => this.#options.onAnswered?.(answered, answer));
    this.#waiting.get(sent.id)?.resolve(answer);
    this.#waiting.delete(sent.id);
    await this.#options.store.remove(sent.id);
    this.#drop(sent.id);
  }

  async #refuse(command: StoredCommand, error: OnhandProblem): Promise<void> {
    const { problem } = error;
    const refused: StoredCommand = { ...command, state: "refused", problem };
    await this.#store(refused);
    this.#guarded(() => this.#options.onRefused?.(refused, problem));
    this.#waiting.get(command.id)?.reject(error);
    this.#waiting.delete(command.id);
  }

  /** Nothing is sent until the pause is over: what keeps one command from the server keeps the others too. */
  async #wait(error: unknown): Promise<void> {
    if (this.#pause !== null) return;
    const { clock } = this.#http;
    this.#failures += 1;
    const pause = new AbortController();
    this.#pause = pause;
    this.#guarded(() => this.#options.onTrouble?.(error));
    const asked = error instanceof OnhandProblem ? error.retryAfterMs : null;
    await clock.sleep(backoffMs(policy, this.#failures, clock.random(), asked), pause.signal).catch(() => {});
    this.#pause = null;
    this.#pump();
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** What speaks against the moment, or against who is asking, does not speak against the command. */
function mayPass({ status, code }: OnhandProblem): boolean {
  const passing = ["unexpected_answer", "unauthorized", "forbidden", "outcome_unknown", "idempotency_in_progress"];
  return status >= 500 || [408, 425, 429].includes(status) || passing.includes(code);
}

function tooOld({ idempotencyKey, firstSentAtMs }: StoredCommand): OnhandProblem {
  const problem: Problem = {
    type: "about:blank",
    title: "Too old to be sent again",
    status: 409,
    code: "outcome_too_old",
    detail: `It was sent at ${new Date(firstSentAtMs!).toISOString()} and never answered; the server may have forgotten its key. Look whether it was applied, then dismiss it or retry it.`,
  };
  return new OnhandProblem(problem, { answer: null, requestId: null, retryAfterMs: null, tries: 0, idempotencyKey });
}

/** The call that a method of the API would have made. @throws TypeError unless it is one write */
function describedCall(describe: (api: Operations) => Promise<unknown>): { call: Call; options: WriteOptions } {
  const calls: { call: Call; options: WriteOptions }[] = [];
  const record: Send = (call, options = {}) => {
    calls.push({ call, options });
    return new Promise(() => {});
  };
  void describe(bindOperations(record));
  const [described] = calls;
  if (described === undefined || calls.length > 1 || !described.call.writes)
    throw new TypeError("describe one write: queue.add((api) => api.adjustInventory({ … }))");
  return described;
}
