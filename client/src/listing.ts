/** A list over all its pages, fetched as they are needed. */
import type { Answer } from "./answer.ts";

/** A page of a list. */
export interface Page<Item> {
  data: Item[];
  nextCursor: string | null;
}

/** `for await (const item of listing)`. Each loop over it is a listing of its own, from the first page on. */
export class Listing<Item> implements AsyncIterable<Item> {
  readonly #fetchPage: (cursor: string | undefined) => Promise<Answer<Page<Item>>>;
  #feedCursor: string | null = null;

  constructor(fetchPage: (cursor: string | undefined) => Promise<Answer<Page<Item>>>) {
    this.#fetchPage = fetchPage;
  }

  /**
   * Place in the change feed as of the first page, known from then on: `updates({ since: cursor })` goes on from there
   * without missing anything. Lists of what is not in the feed, such as count sessions, have none.
   */
  get cursor(): string | null {
    return this.#feedCursor;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    let cursor: string | undefined;
    while (true) {
      const { body, meta } = await this.#fetchPage(cursor);
      if (cursor === undefined) this.#feedCursor = meta.cursor;
      yield* body.data;
      if (body.nextCursor === null) return;
      cursor = body.nextCursor;
    }
  }
}
