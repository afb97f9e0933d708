/** A call on subscriptions that cannot be done as asked; the message says why and what to do instead. */
import type { ProblemCode } from "@onhand/protocol/problems";

export interface RefusalFields {
  /** JSON Pointer of the field at fault, and what is wrong with it. */
  readonly pointer?: string;
  readonly fault?: string;
  readonly limit?: number;
  readonly currentEtag?: string;
  readonly snapshot?: string;
  readonly status?: number;
  readonly idempotencyKey?: string;
}

export class SubscriptionRefusal extends Error {
  override readonly name = "SubscriptionRefusal";
  readonly code: ProblemCode;
  readonly fields: RefusalFields;

  constructor(code: ProblemCode, message: string, fields: RefusalFields = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.fields = fields;
  }
}

/** There is no such subscription. */
export const noSubscription = (subscriptionId: string): SubscriptionRefusal =>
  new SubscriptionRefusal(
    "not_found",
    `There is no subscription ${subscriptionId}. Check the id, or create one first.`,
  );

/** A field is not what it must be. @param fault as in "is no URL." */
export const badField = (pointer: string, fault: string): SubscriptionRefusal =>
  new SubscriptionRefusal("validation_failed", `${pointer.slice(1)} ${fault}`, { pointer, fault });
