/** Free text that callers send with a change: kept beside the journal under a commitment, so that it can be erased. */

import type { EntryText } from "../core/command.ts";
import { commitmentOf } from "../core/record/chain.ts";
import { randomBytes } from "../lib/random-id.ts";

const saltBytes = 16;

/** @returns null when there is nothing to say */
export function textOf(reason: string | undefined, reference: string | undefined): EntryText | null {
  if (reason === undefined && reference === undefined) return null;
  const salt = randomBytes(saltBytes);
  const words = { reason: reason ?? null, reference: reference ?? null };
  return { ...words, salt, commitment: commitmentOf(salt, words.reason, words.reference) };
}
