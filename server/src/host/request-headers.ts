/** Reads the headers that every call may carry. */
import { requestId } from "../lib/random-id.ts";
import { ProblemError } from "./problem.ts";

const visibleAscii = /^[\x21-\x7e]+$/;

/** The caller's `X-Request-Id` when it is one that can be logged, else a new id. */
export function requestIdOf(headers: Headers): string {
  const given = headers.get("x-request-id");
  return given !== null && given.length <= 128 && visibleAscii.test(given) ? given : requestId();
}

/** A valid W3C `traceparent`, else null: a bad one starts a new trace and is never an error. */
export function traceparentOf(headers: Headers): string | null {
  const given = headers.get("traceparent");
  return given !== null && /^[0-9a-e][0-9a-f]-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(given)
    ? given
    : null;
}

/** `Idempotency-Key`, bare or as a quoted structured-field string. @throws ProblemError 400 */
export function idempotencyKeyOf(headers: Headers): string | null {
  const given = headers.get("idempotency-key");
  if (given === null) return null;
  const key = /^"(.*)"$/.exec(given)?.[1] ?? given;
  if (key.length === 0 || key.length > 255 || !/^[\x20-\x7e]+$/.test(key)) {
    throw new ProblemError(
      "validation_failed",
      "Idempotency-Key takes 1 to 255 visible ASCII characters, for example a UUID.",
      { errors: [{ pointer: "Idempotency-Key", message: "takes 1 to 255 visible ASCII characters" }] },
    );
  }
  return key;
}

/** Version of `If-Match: "<version>"`; null without the header or with `*`. @throws ProblemError 400, 412 */
export function ifMatchVersionOf(headers: Headers): number | null {
  const given = headers.get("if-match")?.trim();
  if (given === undefined || given === "*") return null;
  const version = /^"(0|[1-9]\d{0,15})"$/.exec(given)?.[1];
  if (version !== undefined) return Number(version);
  if (/^(W\/)?"[^"]*"$/.test(given))
    throw new ProblemError(
      "version_conflict",
      "If-Match names no current ETag. Read the resource again and send its ETag.",
      {},
      { status: 412 },
    );
  throw new ProblemError("validation_failed", 'If-Match takes one strong ETag, for example If-Match: "5".', {
    errors: [{ pointer: "If-Match", message: "takes one strong ETag" }],
  });
}

/** Whether `If-None-Match` names the ETag (weak comparison). */
export function matchesNone(headers: Headers, etag: string): boolean {
  const given = headers.get("if-none-match");
  if (given === null) return false;
  return given.trim() === "*" || given.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}
