/** Renders problem answers (RFC 9457), the only form of every answer that is not a success. */
import { type Problem, type ProblemCode, problemKinds, problemTypePrefix } from "@onhand/protocol/problems";

export interface ProblemFields {
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
  readonly available?: number;
  readonly requested?: number;
  readonly limit?: number;
  readonly snapshot?: string;
  readonly earliest?: string;
  readonly currentEtag?: string;
  readonly idempotencyKey?: string;
}

/** A request that cannot be answered as asked; thrown by routes, rendered by the host. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: ProblemCode;
  readonly fields: ProblemFields;
  readonly headers: Readonly<Record<string, string>>;
  /** Overrides the status of the code, e.g. 412 for a conflict found by `If-Match`. */
  readonly status: number;
  /** An outcome that every repeat gets again, byte by byte: so the body does not name the request. */
  readonly isRemembered: boolean;

  constructor(
    code: ProblemCode,
    detail: string,
    fields: ProblemFields = {},
    options: { headers?: Record<string, string>; status?: number; isRemembered?: boolean; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.fields = fields;
    this.headers = options.headers ?? {};
    this.status = options.status ?? problemKinds[code].status;
    this.isRemembered = options.isRemembered === true;
  }

  /** The problem as an object, e.g. for one line of a bulk answer. */
  toProblem(requestId?: string): Problem {
    return {
      type: `${problemTypePrefix}${this.code}`,
      title: problemKinds[this.code].title,
      status: this.status,
      detail: this.message,
      code: this.code,
      ...(requestId === undefined ? {} : { instance: requestId }),
      ...this.fields,
    } as Problem;
  }

  toResponse(requestId: string): Response {
    const headers = {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "x-request-id": requestId,
      ...this.headers,
    };
    return new Response(JSON.stringify(this.toProblem(this.isRemembered ? undefined : requestId)), {
      status: this.status,
      headers,
    });
  }
}
