/** Refusals of calls on subscriptions that several of them give. */
import { WorkRefusal } from "../registry/work-refusal.ts";

/** There is no such subscription. */
export const noSubscription = (subscriptionId: string): WorkRefusal =>
  new WorkRefusal("not_found", `There is no subscription ${subscriptionId}. Check the id, or create one first.`);

/** A field is not what it must be. @param fault as in "is no URL." */
export const badField = (pointer: string, fault: string): WorkRefusal =>
  new WorkRefusal("validation_failed", `${pointer.slice(1)} ${fault}`, { errors: [{ pointer, message: fault }] });
