import { createHash } from "node:crypto";
import { DatabaseError, type Pool, type PoolClient } from "pg";
import type { CommandContext } from "./adjust-item.ts";
import { type Answer, problem } from "./answers.ts";
import { inTransaction, UNIQUE_VIOLATION } from "./transaction.ts";

const REMEMBER = {
  name: "remember-answer",
  text: "INSERT INTO idempotency (principal, key, request_hash, status, response) VALUES ($1, $2, $3, $4, $5)",
};
const RECALL = {
  name: "recall-answer",
  text: "SELECT request_hash, status, response FROM idempotency WHERE principal = $1 AND key = $2",
};

interface StoredAnswer {
  readonly request_hash: Buffer;
  readonly status: number;
  readonly response: string;
}

/** Stores an answer under its key, in the transaction that did the work. */
export async function remember(
  client: PoolClient,
  context: CommandContext,
  requestHash: Buffer,
  answer: Answer,
): Promise<void> {
  await client.query({
    ...REMEMBER,
    values: [context.principal, context.key, requestHash, answer.status, answer.body],
  });
}

/**
 * Does the work once per key. The answer is inserted last, in the work's own transaction: a second request with the
 * key collides there, its work is rolled back, and it gets the first answer. That costs the usual case, a new key, one
 * statement and not two, and so makes this server a harder yardstick.
 */
export async function oncePerKey(
  pool: Pool,
  context: CommandContext,
  requestHash: Buffer,
  work: (client: PoolClient) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await inTransaction(pool, async (client) => {
      const answer = await work(client);
      await remember(client, context, requestHash, answer);
      return answer;
    });
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== UNIQUE_VIOLATION) throw error;
    const stored = await pool.query<StoredAnswer>({ ...RECALL, values: [context.principal, context.key] });
    const first = stored.rows[0];
    if (first === undefined) throw error;
    if (first.request_hash.equals(requestHash)) return { status: first.status, body: first.response };
    return problem(422, "idempotency_key_reused", "This key was used for another request.");
  }
}

export function hashRequest(body: string): Buffer {
  return createHash("sha256").update(body).digest();
}
