/** Brings messages to whichever server answers, until each is answered, and keeps what every operation was told. */
import { setTimeout as delay } from "node:timers/promises";
import { formatRfc3339 } from "../../src/lib/rfc3339.ts";
import type { Directory } from "../processes/load.ts";
import { request } from "../support/server-process.ts";
import type { Line, Message, Till } from "./world.ts";

interface Told {
  readonly operationId: string;
  readonly verdict: string;
  readonly rule?: string;
  readonly parkedId?: string;
}
interface Answered {
  readonly results: readonly Told[];
  readonly missing?: readonly { readonly first: number; readonly last: number }[];
}

const pauseMs = 50;
const tryMsMax = 30_000;
const workers = 10;
/** Requests in which a till sends what is missing. */
const linesPerRequest = 500;

export class Delivery {
  readonly #directory: Directory;
  readonly #tills: ReadonlyMap<string, Till>;
  readonly #tripMs = new Map<string, number>();
  /** What is under way of the platform that numbers its levels and knows no time. */
  #numbered: Promise<unknown> = Promise.resolve();
  /** How often each operation was told that it was applied, by sender. */
  readonly applied = new Map<string, number>();
  readonly rules = new Map<string, number>();
  readonly verdicts = new Map<string, number>();
  /** Tries that got no complete answer. */
  lost = 0;

  constructor(directory: Directory, tills: readonly Till[]) {
    this.#directory = directory;
    this.#tills = new Map(tills.map((till) => [till.deviceId, till]));
  }

  /** Delivers in order, as far as several connections keep an order. @param queue may grow meanwhile */
  async run(queue: Message[], onSent: (sent: number) => Promise<void>): Promise<void> {
    let next = 0;
    let sent = 0;
    const work = async (worker: number): Promise<void> => {
      while (next < queue.length) {
        const message = queue[next++]!;
        await this.send(message, worker);
        await onSent(++sent);
      }
    };
    await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  }

  /** Has tills send what got lost on its way, until nothing is missing. */
  async fillGaps(): Promise<number> {
    let asked = 0;
    for (const till of this.#tills.values()) {
      let missing: Answered["missing"] = (await this.#sync(till, [], 0)).missing!;
      while (missing.length > 0) {
        const lines = till.log.filter((_, index) =>
          missing!.some(({ first, last }) => first <= index + 1 && index + 1 <= last),
        );
        asked += lines.length;
        for (let from = 0; from < lines.length; from += linesPerRequest)
          missing = (await this.#sync(till, lines.slice(from, from + linesPerRequest), 0)).missing!;
      }
    }
    return asked;
  }

  async send(message: Message, worker = 0): Promise<readonly Told[]> {
    const { kind, sender, lines } = message;
    const { results } = await this.#delivered(kind, sender, lines, worker);
    for (const told of results) this.#note(sender, told);
    return results;
  }

  #delivered(kind: Message["kind"], sender: string, lines: readonly Line[], worker: number): Promise<Answered> {
    if (kind === "till") return this.#sync(this.#tills.get(sender)!, lines, worker);
    const send = () => this.#answered(worker, `/v1/sources/${sender}/events`, () => ({ lines }));
    if (sender !== "bazaar") return send();
    // A level without a time holds as of its arrival, so it is told which of two arrived first: one request after the other.
    const sent = this.#numbered.then(send);
    this.#numbered = sent.catch(() => {});
    return sent;
  }

  async #sync(till: Till, operations: readonly Line[], worker: number): Promise<Answered> {
    const { deviceId, locationId, clockOffMs, log } = till;
    const body = () => ({
      ...{ deviceId, locationId, operations, lastSequence: log.length },
      // Written anew for every try: it is what the clock shows as the request is sent.
      deviceTime: formatRfc3339(Date.now() + clockOffMs),
      ...(this.#tripMs.has(deviceId) ? { roundTripMs: this.#tripMs.get(deviceId) } : {}),
    });
    const startedAtMs = performance.now();
    const answered = await this.#answered(worker, "/v1/sync/batch", body);
    this.#tripMs.set(deviceId, Math.ceil(performance.now() - startedAtMs));
    return answered;
  }

  async #answered(worker: number, path: string, body: () => object): Promise<Answered> {
    for (let attempt = 0; ; attempt++) {
      const url = this.#directory.pick(worker, attempt);
      const answer = await request<Answered>(url, "POST", path, {
        body: body(),
        signal: AbortSignal.timeout(tryMsMax),
      }).catch(() => null);
      if (answer !== null && answer.status === 200) return answer.body;
      if (answer !== null && answer.status < 500 && answer.status !== 429)
        throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      this.lost += 1;
      await delay(pauseMs);
    }
  }

  #note(sender: string, { operationId, verdict, rule }: Told): void {
    const key = `${sender} ${operationId}`;
    if (verdict === "applied") this.applied.set(key, (this.applied.get(key) ?? 0) + 1);
    this.verdicts.set(verdict, (this.verdicts.get(verdict) ?? 0) + 1);
    if (rule !== undefined) this.rules.set(rule, (this.rules.get(rule) ?? 0) + 1);
  }
}
