/** The two ways in which a call fails: the server said no, or it said nothing. */
import type { Problem, ProblemCode } from "@onhand/protocol/problems";

/** A code of the documented list, of a newer server's, or `unexpected_answer` for what is no answer of Onhand. */
export type Code = ProblemCode | "unexpected_answer" | (string & Record<never, never>);

/** A field that was refused. */
export interface FieldFault {
  /** JSON Pointer into the body, or the name of the parameter or header. */
  readonly pointer: string;
  readonly message: string;
}

/** What every failed call knows about itself. */
interface Circumstances {
  readonly tries: number;
  /** Key of the write, by which it can be sent again without being applied twice; null for reads. */
  readonly idempotencyKey: string | null;
}

/** The server refused the call, or could not serve it even when asked again. */
export class OnhandProblem extends Error {
  override readonly name = "OnhandProblem";
  readonly code: Code;
  readonly status: number;
  /** What went wrong and what to do next, for people. */
  readonly detail: string;
  /** The fields at fault; empty when it was not about fields. */
  readonly fields: readonly FieldFault[];
  readonly requestId: string | null;
  /** The whole problem, with what only some codes have: `available`, `requested`, `currentEtag`, `snapshot` … */
  readonly problem: Problem;
  /** The answer as it came, parsed when it was JSON. */
  readonly answer: unknown;
  /** How long the server asked to wait; null when it did not. */
  readonly retryAfterMs: number | null;
  readonly tries: number;
  /** Key of the write, by which it can be sent again without being applied twice; null for reads. */
  readonly idempotencyKey: string | null;

  constructor(
    problem: Problem,
    from: { answer: unknown; requestId: string | null; retryAfterMs: number | null } & Circumstances,
  ) {
    super(`${problem.status} ${problem.code}: ${problem.detail}`);
    this.code = problem.code;
    this.status = problem.status;
    this.detail = problem.detail;
    this.fields = problem.errors ?? [];
    this.problem = problem;
    this.requestId = from.requestId;
    this.answer = from.answer;
    this.retryAfterMs = from.retryAfterMs;
    this.tries = from.tries;
    this.idempotencyKey = from.idempotencyKey;
  }
}

/**
 * No whole answer came: the network failed, or time ran out; `cause` says which. A write may have been applied all the
 * same: send it again with `idempotencyKey` to learn its outcome.
 */
export class OnhandUnreachable extends Error {
  override readonly name = "OnhandUnreachable";
  readonly tries: number;
  /** Key of the write, by which it can be sent again without being applied twice; null for reads. */
  readonly idempotencyKey: string | null;

  constructor(message: string, from: Circumstances & { cause: unknown }) {
    super(message, { cause: from.cause });
    this.tries = from.tries;
    this.idempotencyKey = from.idempotencyKey;
  }
}

export type OnhandError = OnhandProblem | OnhandUnreachable;
