/** Turns refusals and failures of the writer into problem answers. */
import type { ProblemCode } from "@onhand/protocol/problems";
import type { RejectionCode } from "@onhand/protocol/vocabulary";
import type { Rejection } from "../../core/rejection.ts";
import { ProblemError } from "../../host/problem.ts";

const codes: Record<RejectionCode, ProblemCode> = {
  not_found: "not_found",
  already_exists: "already_exists",
  archived: "archived",
  precondition_required: "precondition_required",
  version_conflict: "version_conflict",
  validation_failed: "validation_failed",
  in_use: "in_use",
  reservation_expired: "reservation_expired",
  already_ended: "already_ended",
  hold_limit_exceeded: "hold_limit_exceeded",
  insufficient_stock: "insufficient_stock",
};

/** What was sent, for advice on how to mend it. */
export interface Sent {
  readonly body: object;
  /** Whether the request could carry `If-Match`: a line of many cannot. */
  readonly takesIfMatch: boolean;
  /** Whether the body has `lines`, of which one may be short of what it asks for. */
  readonly hasLines?: boolean;
}

/** Refusals that are about one line, where a body has several. */
const ofOneLine: readonly RejectionCode[] = ["insufficient_stock", "hold_limit_exceeded"];

/** The problem that a refusal is to its caller: the same one at every repeat. */
export function problemOfRejection(rejection: Rejection, sent: Sent): ProblemError {
  if (rejection.isStale === true) {
    const detail = `${staleness(rejection)} Nothing was changed; send it again with the same idempotency key.`;
    return new ProblemError("overloaded", detail, {}, { headers: { "retry-after": "1" } });
  }
  const { code, available, requested, limit, currentVersion, byIfMatch } = rejection;
  const pointer =
    rejection.pointer ??
    (sent.hasLines === true && ofOneLine.includes(code) ? `/lines/${rejection.line}/quantity` : undefined);
  const detail =
    code === "precondition_required" ? `${rejection.detail} ${guardAdvice(rejection, sent)}` : rejection.detail;
  const fields = {
    ...(code === "insufficient_stock" ? { available: available!, requested: requested! } : {}),
    ...(code === "hold_limit_exceeded" ? { limit: limit!, requested: requested! } : {}),
    ...(pointer === undefined ? {} : { errors: [{ pointer, message: rejection.detail }] }),
    ...(currentVersion === undefined ? {} : { currentEtag: `"${currentVersion}"` }),
  };
  const options = { isRemembered: true, ...(byIfMatch === true ? { status: 412 } : {}) };
  return new ProblemError(codes[code], detail, fields, options);
}

/** What was looked up before the decision and was no longer true when it was made. */
function staleness({ code, needsPartitions }: Rejection): string {
  if (needsPartitions !== undefined) return "The buyer's older reservations changed while the request was under way.";
  if (ofOneLine.includes(code)) return "More holds are running out at this moment than could be looked at.";
  return "The SKU moved to another product while the request was under way.";
}

function guardAdvice({ currentVersion, available: currentLevel }: Rejection, { body, takesIfMatch }: Sent): string {
  const header = takesIfMatch ? `If-Match: "${currentVersion}", or ` : "";
  const guarded = JSON.stringify({ ...body, expectedVersion: currentVersion });
  return `Its ETag is now "${currentVersion}". Send ${header}this body: ${guarded} – instead of expectedVersion also "expectedStockLevel": ${currentLevel}, or "expectedStockLevel": null to set it whatever it is.`;
}

/** Failures that are no fault of the request. @returns null for what is not known here */
export function explainFailure(error: unknown): ProblemError | null {
  const options = { headers: { "retry-after": "1" }, cause: error };
  switch (error instanceof Error ? error.name : "") {
    case "Overloaded":
    case "BatcherFull":
    case "TooManyReaders":
      return new ProblemError(
        "overloaded",
        `${(error as Error).message}. Wait for Retry-After and send it again.`,
        {},
        options,
      );
    case "OutcomeUnknown":
      return new ProblemError(
        "outcome_unknown",
        "The database did not say whether the change was committed. Ask again with the same idempotency key: it is never applied twice.",
        {},
        options,
      );
    case "DatabaseUnavailable":
    case "ConnectionLost":
      return new ProblemError(
        "not_ready",
        "The database does not answer. This request changed nothing; wait for Retry-After and send it again with the same idempotency key.",
        {},
        options,
      );
    case "ReadTooSlow":
      return new ProblemError(
        "overloaded",
        "The read took too long and was ended. Narrow its filters, ask for fewer rows, or try again after Retry-After.",
        {},
        options,
      );
    case "KeyReused":
      return new ProblemError(
        "idempotency_key_reused",
        "This idempotency key was used before for another request. Use a new key for a new request.",
      );
    case "PoisonCommand":
      return explainPoison(error as Error);
    default:
      return null;
  }
}

/** A command that alone made the database refuse: what the database said decides whether the caller can do something. */
function explainPoison(error: Error): ProblemError | null {
  const { cause } = error;
  const state = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (state === "22003")
    return new ProblemError(
      "validation_failed",
      "The product's total over all locations would leave the range of 64-bit integers. Check the quantity.",
    );
  return null;
}
