/** What a failure of the database means for the work that was under way. */

/** A group did not write exactly what was decided (SQLSTATE OH001): somebody else had been there. */
export class WriteConflict extends Error {
  override readonly name = "WriteConflict";
  /** Which rows differed: `heads`, `results`, `skus`, `counters` and so on. */
  readonly what: string;
  constructor(what: string) {
    super(`the database holds other ${what} than were decided on`);
    this.what = what;
  }
}

/** The connection is gone; what was under way may or may not have happened. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

/** The connection was given up, for it did not answer in time. */
export class AnswerTimeout extends ConnectionLost {}

const conflictState = "OH001";
/** Worth trying again: serialization, deadlock, lock and statement timeouts, shutdown and start-up, no resources. */
const transientStates = new Set([
  "40001",
  "40P01",
  "55P03",
  "57014",
  "57P01",
  "57P02",
  "57P03",
  "53000",
  "53100",
  "53200",
  "53300",
  "25006",
  "25P02",
  "25P03",
  "25P04",
]);

const stateOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/** What `pg` says of a statement that was not answered in time. */
const timeoutMessage = "Query read timeout";

/** True when the statement took longer than its session lets it. */
export const isTimeout = (error: unknown): boolean => stateOf(error) === "57014" || error instanceof AnswerTimeout;

/** True when the same work may succeed if it is tried again. */
export function isTransient(error: unknown): boolean {
  const state = stateOf(error);
  return (
    error instanceof ConnectionLost || (state !== undefined && (transientStates.has(state) || state.startsWith("08")))
  );
}

/** Turns an error of `pg` into ours where we act on it. */
export function classify(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const state = stateOf(error);
  if (state === conflictState) return new WriteConflict("detail" in error ? String(error.detail) : "rows");
  const hasServerAnswer = state !== undefined && state.length === 5 && !/^(E[A-Z]+)$/.test(state);
  if (!hasServerAnswer || state.startsWith("57P") || state.startsWith("08") || state === "25P03" || state === "25P04") {
    if (error instanceof ConnectionLost) return error;
    const Lost = error.message === timeoutMessage ? AnswerTimeout : ConnectionLost;
    return new Lost(error.message, { cause: error });
  }
  return error;
}
