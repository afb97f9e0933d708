/** Reads the feed by asking for page after page. */
import { bearer, type Link, type LinkHandlers, type Page, type Problem } from "./links.ts";
import { seenEvent } from "./seen-events.ts";

const pageEvents = 500;
const waitSeconds = 2;

export class PollLink implements Link {
  readonly #abort = new AbortController();
  readonly #handlers: LinkHandlers;

  constructor(url: string, cursor: string, handlers: LinkHandlers) {
    this.#handlers = handlers;
    void this.#read(url, cursor);
  }

  cut(): void {
    this.#abort.abort();
  }

  async #read(url: string, from: string): Promise<void> {
    const handlers = this.#handlers;
    let isFirst = true;
    for (let cursor = from; ; isFirst = false) {
      const answer = await this.#ask(url, cursor);
      if (this.#abort.signal.aborted) return;
      if (answer === null || "code" in answer) return handlers.ended({ closing: null, problem: answer, code: null });
      if (isFirst) handlers.opened();
      if (answer.data.length > 0) handlers.events(answer.data.map(seenEvent));
      cursor = answer.nextCursor;
      handlers.place(cursor);
    }
  }

  /** @returns null when no complete answer came */
  async #ask(url: string, cursor: string): Promise<Page | Problem | null> {
    const query = `since=${encodeURIComponent(cursor)}&limit=${pageEvents}&wait=${waitSeconds}`;
    try {
      const { signal } = this.#abort;
      const response = await fetch(`${url}/v1/inventory/updates?${query}`, { headers: bearer, signal });
      return (await response.json()) as Page | Problem;
    } catch {
      return null;
    }
  }
}
