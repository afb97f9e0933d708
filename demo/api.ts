/** The few calls that the demo makes, over plain HTTP. Every write has a key, so trying again is harmless. */

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly isReplay: boolean;
}

const triesMax = 5;
const retryDelayMs = 500;

export class Api {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  get(path: string): Promise<Answer> {
    return this.#send("GET", path, null, null);
  }

  post(path: string, body: object, idempotencyKey: string): Promise<Answer> {
    return this.#send("POST", path, body, idempotencyKey);
  }

  /** The answer of a page that is no JSON. */
  async text(path: string): Promise<string> {
    const response = await fetch(this.#url + path, { headers: { authorization: `Bearer ${this.#key}` } });
    return response.text();
  }

  async #send(method: string, path: string, body: object | null, idempotencyKey: string | null): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await this.#once(method, path, body, idempotencyKey);
        if (answer.status !== 503 || tries === triesMax) return answer;
      } catch (error) {
        if (tries === triesMax) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, retryDelayMs));
    }
  }

  async #once(method: string, path: string, body: object | null, idempotencyKey: string | null): Promise<Answer> {
    const response = await fetch(this.#url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(body === null ? {} : { "content-type": "application/json" }),
        ...(idempotencyKey === null ? {} : { "idempotency-key": idempotencyKey }),
      },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    });
    return {
      status: response.status,
      body: (await response.json()) as Record<string, unknown>,
      isReplay: response.headers.get("idempotent-replayed") === "true",
    };
  }
}

/** Runs the work of each item, some at a time. */
export async function inParallel<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
