/** Problem answers (RFC 9457): one table of codes, the only place where a code meets its HTTP status. */
import Type, { type Static } from "typebox";

/** Where the types of problems are documented, relative to the server's root. */
export const problemTypePrefix = "/docs/problems#";

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What it means and what the caller does next, for the documentation. */
  readonly meaning: string;
}

export const problemKinds = {
  validation_failed: {
    status: 400,
    title: "The request is not valid",
    meaning: "Correct the fields named in `errors` and send it again.",
  },
  unauthorized: { status: 401, title: "No valid credentials", meaning: "Send `Authorization: Bearer <API key>`." },
  forbidden: {
    status: 403,
    title: "Not allowed",
    meaning: "The key lacks the right; use a key with the role named in `detail`.",
  },
  not_found: { status: 404, title: "Not found", meaning: "Check the id or create the resource first." },
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    meaning: "Use one of the methods in the `Allow` header.",
  },
  insufficient_stock: {
    status: 409,
    title: "Not enough stock",
    meaning: "Nothing was changed. `available` says what could be taken, `requested` what was asked.",
  },
  version_conflict: {
    status: 409,
    title: "The resource has changed",
    meaning:
      "A guard no longer holds (409 for guards in the body, 412 for `If-Match`): read it again and repeat the change on what you see.",
  },
  already_exists: { status: 409, title: "Already exists", meaning: "Use the existing resource or another id or SKU." },
  in_use: {
    status: 409,
    title: "Still in use",
    meaning: "It holds stock, reservations or incoming supply: clear them, or archive it with `?archive=true`.",
  },
  reservation_expired: {
    status: 409,
    title: "The reservation has expired",
    meaning:
      'Its units are free for others again. Reserve anew; a commit with `ifExpired: "retake"` takes them when they are still there. Money that came for it is told of by `reservation.payment_late.v1`, once.',
  },
  already_ended: {
    status: 409,
    title: "Already ended",
    meaning:
      "Nothing of the reservation, transfer, supply or count is open any more in the way that the call needs: read it to see how it went.",
  },
  hold_limit_exceeded: {
    status: 409,
    title: "Too much is held already",
    meaning:
      "The buyer or the key holds as many units of the product as one may hold at a time. Commit or release some; `limit` says how many.",
  },
  archived: {
    status: 409,
    title: "Archived",
    meaning: "The product, location or item is archived and refuses changes.",
  },
  not_applied: {
    status: 409,
    title: "Not applied",
    meaning: "The line is in order, but another line of the same atomic request was refused. Correct that one.",
  },
  idempotency_in_progress: {
    status: 409,
    title: "The first request is still under way",
    meaning: "Wait for `Retry-After` and ask again with the same key.",
  },
  cursor_expired: {
    status: 410,
    title: "The cursor cannot be resumed",
    meaning:
      "It belongs to another history, or lies further back than the feed is kept. Take a new snapshot from `snapshot` and continue from its `Onhand-Cursor`; `earliest` is the first cursor that can be read from.",
  },
  payload_too_large: {
    status: 413,
    title: "The body is too large",
    meaning: "Send less than `limit` bytes; split bulk requests.",
  },
  unsupported_media_type: {
    status: 415,
    title: "Unsupported media type",
    meaning: "Send `Content-Type: application/json`.",
  },
  idempotency_key_reused: {
    status: 422,
    title: "The key was used for another request",
    meaning: "Use a new idempotency key for a new request.",
  },
  precondition_required: {
    status: 428,
    title: "A guard is required",
    meaning:
      "Setting an absolute level needs `If-Match`, `expectedVersion`, `expectedStockLevel`, `expectedLastUpdated` or `countedAt`.",
  },
  internal: {
    status: 500,
    title: "Internal error",
    meaning:
      "A fault of the server, which has been logged with the request id. Nothing of this request was applied unless a retry with the same key says so.",
  },
  overloaded: {
    status: 503,
    title: "Overloaded",
    meaning:
      "A queue is full. This request changed nothing; wait for `Retry-After` and send it again with the same idempotency key.",
  },
  outcome_unknown: {
    status: 503,
    title: "The outcome is not known yet",
    meaning: "The database did not answer in time. Ask again with the same idempotency key: it is never applied twice.",
  },
  not_fresh: {
    status: 503,
    title: "Not that fresh yet",
    meaning:
      "What this server reads has not reached `minCursor`. Wait for `Retry-After` and send it again, or leave `minCursor` out.",
  },
  not_ready: { status: 503, title: "Not ready", meaning: "The server is starting, stopping or has lost its database." },
} as const satisfies Record<string, ProblemKind>;
export type ProblemCode = keyof typeof problemKinds;

export const Problem = Type.Object(
  {
    type: Type.String({ description: "Documented URI of the kind of problem" }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: "What went wrong here and what to do next" }),
    code: Type.String({ description: "Stable code, one of the documented list" }),
    instance: Type.Optional(Type.String({ description: "Id of the request" })),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.String({ description: "JSON Pointer into the body, or the parameter" }),
          message: Type.String(),
        }),
      ),
    ),
    available: Type.Optional(Type.Integer()),
    requested: Type.Optional(Type.Integer()),
    limit: Type.Optional(Type.Integer()),
    snapshot: Type.Optional(Type.String({ description: "Where to take a new snapshot" })),
    earliest: Type.Optional(Type.String({ description: "The first cursor that the change feed can be read from" })),
    currentEtag: Type.Optional(Type.String()),
    idempotencyKey: Type.Optional(Type.String()),
  },
  { $id: "Problem" },
);
export type Problem = Static<typeof Problem>;
