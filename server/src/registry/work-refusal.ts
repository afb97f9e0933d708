/** A call on working papers, or another record beside the journal, that cannot be done as asked; the message says why and what to do instead. */
import type { ProblemCode } from "@onhand/protocol/problems";

export interface WorkRefusalFields {
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
  readonly limit?: number;
  readonly requested?: number;
  readonly currentEtag?: string;
  readonly snapshot?: string;
  readonly status?: number;
  readonly idempotencyKey?: string;
}

export class WorkRefusal extends Error {
  override readonly name = "WorkRefusal";
  readonly code: ProblemCode;
  readonly fields: WorkRefusalFields;

  constructor(code: ProblemCode, message: string, fields: WorkRefusalFields = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.fields = fields;
  }
}
