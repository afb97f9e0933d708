/**
 * Lets a change beside the journal (of working papers, of subscriptions) happen once for each idempotency key: the answer is stored in the transaction of the
 * change, and a repeat gets it again. A repeat that comes while the first is under way waits for it in the database.
 */
import { createHash } from "node:crypto";
import type { Overdue } from "../db/clearing.ts";
import { ConnectionLost } from "../db/errors.ts";
import type { Database, Queryable } from "../db/pool.ts";
import { answerRequest, claimRequest, clearOldRequests, selectRequest } from "./sql/remembered.ts";
import { WorkRefusal } from "./work-refusal.ts";

/** Who asks for what, and under which key. */
export interface KeyedRequest {
  readonly principal: string;
  readonly key: string;
  readonly operation: string;
  /** Everything that distinguishes it from another request. */
  readonly content: unknown;
}

export interface Remembered<Answer> {
  readonly answer: Answer;
  readonly isReplayed: boolean;
}

/** @param resultDays how long answers are remembered, as outcomes in the journal are */
export const rememberedOverdue = (resultDays: number): Overdue => ({ statement: clearOldRequests, days: resultDays });

const digest = (...parts: readonly string[]): Buffer => createHash("sha256").update(parts.join("\0")).digest();

/** Does the work, or gives the answer that it gave before. @throws WorkRefusal */
export async function remembered<Answer>(
  database: Database,
  request: KeyedRequest,
  work: (connection: Queryable) => Promise<Answer>,
): Promise<Remembered<Answer>> {
  const key = digest(request.principal, request.key);
  const requestHash = digest(request.operation, JSON.stringify(request.content) ?? "");
  try {
    return await database.transaction(async (connection) => {
      const { rows: claimed } = await connection.query(claimRequest(key, requestHash));
      if (claimed.length === 0)
        return { answer: await answered<Answer>(connection, key, requestHash), isReplayed: true };
      const answer = await work(connection);
      await connection.query(answerRequest(key, JSON.stringify(answer)));
      return { answer, isReplayed: false };
    });
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    // The COMMIT may have been what was lost.
    throw new WorkRefusal(
      "outcome_unknown",
      "The database did not answer in time. Wait for Retry-After and ask again with the same idempotency key: nothing is done twice.",
      { idempotencyKey: request.key },
      { cause: error },
    );
  }
}

async function answered<Answer>(connection: Queryable, key: Buffer, requestHash: Buffer): Promise<Answer> {
  const { rows } = await connection.query<{ request_hash: Buffer; answer: string }>(selectRequest(key));
  const [row] = rows;
  if (row === undefined || !row.request_hash.equals(requestHash))
    throw new WorkRefusal(
      "idempotency_key_reused",
      "This idempotency key was used before for another request. Use a new key for a new request.",
    );
  return JSON.parse(row.answer) as Answer;
}
