/**
 * What must reach the server whatever happens to the network or to this program. Facts, that stock moved or was counted,
 * are told: they are lines of the device's log, sent in batches, which the server takes once for ever, whatever stock it
 * has. Commands ask, for a reservation or a change with a guard: each is sent by itself under a key, and may be refused.
 *
 * Modes: opening → open → closed. A command goes pending → sent → answered, which removes it, or → refused, which keeps
 * it until `dismiss` or `retry`. A line goes pending → sent (it has its number) → done, or → refused when the server cannot
 * even read it. Between any two of these steps the program may end: what was stored is sent again after a restart.
 *
 * Invariants. Both kinds have one order. What is about an item is sent only when what came before it about that item was
 * answered or refused, but for lines among themselves, which have their numbers. Nothing is ever sent that is not
 * stored. Nothing leaves the store but what was answered or dismissed. Full: `commandsMax`, refused ones included;
 * nothing more is taken (QueueFull).
 */
import type { Answer, Meta } from "../answer.ts";
import { OnhandProblem } from "../errors.ts";
import type { Operations } from "../generated/operations.ts";
import { newIdempotencyKey } from "../idempotency-key.ts";
import { onOnline } from "../live/online.ts";
import { request, type Transport } from "../request.ts";
import { backoffMs } from "../retry.ts";
import { describedCall, mayPass, tooOld } from "./command.ts";
import { Contents, type Found, isLine, type QueueEntry } from "./contents.ts";
import { DeviceLog, type LineVerdict, type LogStatus } from "./device-log.ts";
import { factOf, factOfCall, type NewFact, newLine } from "./fact.ts";
import { OfflineLevels } from "./levels.ts";
import { endlessPolicy, offlineLimits, QueueClosed, QueueFull } from "./limits.ts";
import { LogSender, problemOf } from "./log-sender.ts";
import { plan } from "./plan.ts";
import type { NotedFact, OfflineQueueOptions, QueuedCommand } from "./queue-options.ts";
import type { StoredCommand, StoredLine } from "./store.ts";

interface Waiting {
  resolve(answer: Answer<unknown>): void;
  reject(error: unknown): void;
}

/** Commands and the log each have their own waits. */
type Lane = "commands" | "log";

export class OfflineQueue {
  /** The last known levels, with what waits here on top of them: for reads without a network. */
  readonly levels: OfflineLevels;
  readonly #http: Transport;
  readonly #options: OfflineQueueOptions;
  readonly #contents: Contents;
  readonly #log: DeviceLog;
  readonly #sender: LogSender;
  readonly #inFlight = new Set<number>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended = new AbortController();
  readonly #forgetOnline: () => void;
  readonly #failures: Record<Lane, number> = { commands: 0, log: 0 };
  #isLogSending = false;
  #idle: (() => void)[] = [];
  #pause: AbortController | null = null;

  /** @returns a queue that sends what an earlier run left behind @throws QueueLocked, QueueDamaged */
  static async open(http: Transport, options: OfflineQueueOptions): Promise<OfflineQueue> {
    const { deviceId } = options.device ?? {};
    if (deviceId !== undefined && !/^[A-Za-z0-9._:-]{1,64}$/.test(deviceId))
      throw new TypeError("a deviceId has 1 to 64 of the characters A-Z a-z 0-9 . _ : -");
    const queue = new OfflineQueue(http, options, await Contents.open(options.store, deviceId));
    queue.#pump();
    return queue;
  }

  private constructor(http: Transport, options: OfflineQueueOptions, found: Found) {
    const { store, device } = options;
    const { contents } = found;
    const { signal } = this.#ended;
    this.#http = http;
    this.#options = options;
    this.#contents = contents;
    this.#log = new DeviceLog(found.log, { http, store, sourceId: device?.sourceId, signal });
    this.#sender = new LogSender({
      log: this.#log,
      contents,
      onVerdict: (line, verdict, meta) => this.#tellVerdict(line, verdict, meta),
      onRefused: (line, problem) => this.#tellRefused(line, problem),
      storeTold: () => this.levels.store(),
    });
    this.levels = new OfflineLevels({ clock: http.clock, store, contents, signal }, found);
    this.#forgetOnline = onOnline(() => this.flush());
  }

  /** What is in the queue, oldest first. */
  commands(): readonly QueueEntry[] {
    return [...this.#contents.entries()];
  }

  /** How the device's log stands. */
  get log(): LogStatus {
    return this.#log.status;
  }

  /**
   * Stores a fact: stock moved, or was counted. It resolves as soon as the fact is durable; the server will have it once,
   * whatever stock it has by then. @throws QueueFull, QueueClosed, TypeError, or what the store throws
   */
  async note(fact: NewFact): Promise<NotedFact> {
    return (await this.noteAll([fact]))[0]!;
  }

  /** Stores facts that belong together, such as the lines of a receipt: all of them are durable, or none is. */
  async noteAll(facts: readonly NewFact[]): Promise<readonly NotedFact[]> {
    this.#throwIfClosed();
    const nowMs = this.#http.clock.nowMs();
    const { locationId } = this.#options.device ?? {};
    const stored = facts.map((fact) => ({
      fact: factOf(fact, nowMs, locationId),
      operationId: fact.operationId ?? newIdempotencyKey(),
    }));
    const lines = stored.map(({ fact, operationId }) => newLine(this.#contents.nextId(), operationId, fact, nowMs));
    const outcomes = await this.#take<LineVerdict>(lines, ({ body }) => body as LineVerdict);
    return lines.map(({ id, operationId }, index) => ({ id, operationId, outcome: outcomes[index]! }));
  }

  /**
   * Stores a command: `queue.add((api) => api.adjustInventory({ … }))`. It resolves as soon as the command is durable;
   * from then on it will be sent, also after a restart. An adjustment that only tells what happened (no key, version or
   * guard of its own) goes as a line of the log. @throws QueueFull, QueueClosed, or what the store throws
   */
  async add<Body>(describe: (api: Operations) => Promise<Body>): Promise<QueuedCommand<Body>> {
    this.#throwIfClosed();
    const { call, options } = describedCall(describe);
    const nowMs = this.#http.clock.nowMs();
    const id = this.#contents.nextId();
    const fact = factOfCall(call, options, nowMs);
    const idempotencyKey = options.idempotencyKey ?? newIdempotencyKey();
    if (fact !== null) {
      const line = newLine(id, idempotencyKey, fact, nowMs);
      const [outcome] = await this.#take([line], (answer) => recordedBy<Body>(line, answer));
      return { id, idempotencyKey, outcome: outcome! };
    }
    const command: StoredCommand = {
      id,
      idempotencyKey,
      call,
      ifMatch: options.ifMatch ?? null,
      state: "pending",
      storedAtMs: nowMs,
      firstSentAtMs: null,
      problem: null,
    };
    const [outcome] = await this.#take([command], (answer) => answer as Answer<Body>);
    return { id, idempotencyKey, outcome: outcome! };
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

  /** Forgets something that was refused. */
  async dismiss(id: number): Promise<void> {
    this.#refused(id);
    await this.#contents.remove(id);
    this.#pump();
  }

  /** Sends something that was refused again; a command as a new one: under its old key the server would only repeat its answer. */
  async retry(id: number): Promise<void> {
    const entry = this.#refused(id);
    await this.#contents.put(
      isLine(entry)
        ? { ...entry, state: entry.sequence === null ? "pending" : "sent", problem: null }
        : { ...entry, idempotencyKey: newIdempotencyKey(), state: "pending", firstSentAtMs: null, problem: null },
    );
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
    await this.levels.stop();
    await this.#options.store.close();
  }

  #throwIfClosed(): void {
    if (this.#ended.signal.aborted) throw new QueueClosed("the queue is closed");
  }

  #refused(id: number): QueueEntry {
    this.#throwIfClosed();
    const entry = this.#contents.get(id);
    if (entry?.state !== "refused") throw new RangeError(`there is nothing refused with the id ${id}`);
    return entry;
  }

  /** Stores entries. @returns a promise of what comes of each */
  async #take<Outcome>(
    entries: readonly QueueEntry[],
    read: (answer: Answer<unknown>) => Outcome,
  ): Promise<Promise<Outcome>[]> {
    const { commandsMax, requestCharactersMax, lineCharactersMax } = offlineLimits;
    for (const entry of entries) {
      const [told, max] = isLine(entry) ? [entry.fact, lineCharactersMax] : [entry.call, requestCharactersMax];
      if (JSON.stringify(told).length > max) throw new QueueFull(`it may have ${max} characters; send less at once`);
    }
    if (this.#contents.size + entries.length > commandsMax)
      throw new QueueFull(`the queue holds ${commandsMax}; wait until some are answered, or dismiss refused ones`);
    await this.#contents.add(entries);
    const outcomes = entries.map(({ id }) => {
      const answered = new Promise<Answer<unknown>>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
      const outcome = answered.then(read);
      // Whoever does not look at the outcome is told by the callbacks.
      outcome.catch(() => {});
      if (this.#ended.signal.aborted) this.#waiting.get(id)!.reject(new QueueClosed("the queue was closed"));
      return outcome;
    });
    this.#pump();
    return outcomes;
  }

  /** Starts what may start. */
  #pump(): void {
    if (this.#ended.signal.aborted || this.#pause !== null) return;
    const linesMax = this.#isLogSending ? null : this.#log.linesMax;
    const { commands, batch, isEmpty } = plan(this.#contents, { commands: this.#inFlight, linesMax });
    for (const { id } of commands) void this.#sendCommand(id);
    if (batch.length > 0) void this.#sendBatch(batch);
    const isQuiet = isEmpty && !this.#isLogSending && this.#inFlight.size === 0;
    if (isQuiet) for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #sendBatch(batch: readonly StoredLine[]): Promise<void> {
    this.#isLogSending = true;
    await this.#attempt("log", () => this.#sender.send(batch));
    this.#isLogSending = false;
    this.#pump();
  }

  async #sendCommand(id: number): Promise<void> {
    this.#inFlight.add(id);
    await this.#attempt("commands", () => this.#try(this.#contents.get(id) as StoredCommand));
    this.#inFlight.delete(id);
    this.#pump();
  }

  async #attempt(lane: Lane, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failures[lane] = 0;
    } catch (error) {
      if (!this.#ended.signal.aborted) void this.#wait(lane, error);
    }
  }

  /** @throws what speaks against sending now; the command stays as it is */
  async #try(command: StoredCommand): Promise<void> {
    const nowMs = this.#http.clock.nowMs();
    const old = tooOld(command, nowMs);
    if (old !== null) return this.#refuse(command, old);
    const sent: StoredCommand = { ...command, state: "sent", firstSentAtMs: command.firstSentAtMs ?? nowMs };
    if (command.state === "pending") await this.#contents.put(sent);
    const { idempotencyKey, ifMatch, call } = sent;
    const version = ifMatch === null ? {} : { ifMatch };
    const options = { idempotencyKey, ...version, retry: false, signal: this.#ended.signal } as const;
    let answer: Answer<unknown>;
    try {
      answer = await request(this.#http, call, options);
    } catch (error) {
      if (!(error instanceof OnhandProblem) || mayPass(error)) throw error;
      return this.#refuse(sent, error);
    }
    const answered: StoredCommand = { ...sent, state: "answered" };
    this.#contents.show([answered]);
    this.#guarded(() => this.#options.onAnswered?.(answered, answer));
    this.#waiting.get(sent.id)?.resolve(answer);
    this.#waiting.delete(sent.id);
    await this.#contents.remove(sent.id);
  }

  async #refuse(command: StoredCommand, error: OnhandProblem): Promise<void> {
    const refused: StoredCommand = { ...command, state: "refused", problem: error.problem };
    await this.#contents.put(refused);
    this.#tellRefused(refused, error);
  }

  #tellRefused(entry: QueueEntry, error: OnhandProblem): void {
    this.#guarded(() => this.#options.onRefused?.(entry, error.problem));
    this.#waiting.get(entry.id)?.reject(error);
    this.#waiting.delete(entry.id);
  }

  #tellVerdict(line: StoredLine, verdict: LineVerdict, meta: Meta): void {
    if (verdict.item !== undefined) this.levels.hear(verdict.item);
    this.#guarded(() => this.#options.onVerdict?.(line, verdict));
    this.#waiting.get(line.id)?.resolve({ body: verdict, meta });
    this.#waiting.delete(line.id);
  }

  /** Nothing is sent until the pause is over: what keeps one from the server keeps the others too. */
  async #wait(lane: Lane, error: unknown): Promise<void> {
    if (this.#pause !== null) return;
    this.#failures[lane] += 1;
    const { clock } = this.#http;
    const pause = new AbortController();
    this.#pause = pause;
    this.#guarded(() => this.#options.onTrouble?.(error));
    const asked = error instanceof OnhandProblem ? error.retryAfterMs : null;
    const waitMs = backoffMs(endlessPolicy, this.#failures[lane], clock.random(), asked);
    await clock.sleep(waitMs, pause.signal).catch(() => {});
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

/** What an adjustment that went as a line is answered with. @throws OnhandProblem when it was not recorded */
function recordedBy<Body>(line: StoredLine, { body, meta }: Answer<unknown>): Answer<Body> {
  const verdict = body as LineVerdict;
  if (verdict.error !== undefined) throw problemOf(line, verdict);
  const { item, movementId, review } = verdict;
  const recorded = { ...item, movementId, ...(review === undefined ? {} : { review }) };
  return { body: recorded as Body, meta: { ...meta, replayed: verdict.verdict === "duplicate" } };
}
