/**
 * Tokens of list pages: where the next page starts, and the cursor of the first page, so that all pages of a listing
 * carry the same `Onhand-Cursor`. Signed, and bound to the filters: a token with other filters is refused.
 */
import { hash } from "node:crypto";
import { ProblemError } from "../../host/problem.ts";
import type { TokenSigner } from "../../lib/signed-token.ts";

const purpose = "onhand/page/1";

export interface PageStart {
  /** Place of the last row of the page before; null for the first page. */
  readonly after: readonly unknown[] | null;
  /** `Onhand-Cursor` of the first page. */
  readonly feedCursor: string | null;
}

export class PageTokens {
  readonly #signer: TokenSigner;

  constructor(signer: TokenSigner) {
    this.#signer = signer;
  }

  /** @param filters whatever distinguishes this listing from others @throws ProblemError 400 */
  read(query: Readonly<Record<string, unknown>>, filters: unknown): PageStart {
    const token = query.cursor;
    if (typeof token !== "string") return { after: null, feedCursor: null };
    const payload = this.#signer.open(purpose, token);
    const page =
      payload === null
        ? null
        : (JSON.parse(Buffer.from(payload).toString()) as { f: string; a: unknown[]; c: string | null });
    if (page === null || page.f !== fingerprint(filters)) {
      const message = page === null ? "is not a cursor of this server" : "belongs to a listing with other filters";
      throw new ProblemError(
        "validation_failed",
        `The cursor ${message}. Use nextCursor as it was given, with the same filters, or start without one.`,
        { errors: [{ pointer: "/cursor", message }] },
      );
    }
    return { after: page.a, feedCursor: page.c };
  }

  /** @returns the token of the page after a place, or null when there is none */
  next(after: readonly unknown[] | null, filters: unknown, feedCursor: string | null): string | null {
    if (after === null) return null;
    return this.#signer.seal(
      purpose,
      Buffer.from(JSON.stringify({ f: fingerprint(filters), a: after, c: feedCursor })),
    );
  }
}

/** The order in which parameters were written makes no other listing. */
function fingerprint(filters: unknown): string {
  const isNamed = typeof filters === "object" && filters !== null && !Array.isArray(filters);
  const content = isNamed ? Object.entries(filters).sort(([a], [b]) => (a < b ? -1 : 1)) : filters;
  return hash("sha256", JSON.stringify(content), "hex").slice(0, 16);
}
