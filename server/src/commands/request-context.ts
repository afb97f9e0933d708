/** What a request brings along for its commands, whichever door it came through. */
import { hash } from "node:crypto";
import type { Principal } from "../auth/principal.ts";
import type { CommandOrigin } from "../core/command.ts";

export interface RequestContext {
  readonly principal: Principal;
  /** Idempotency key of the caller, or one that was made for it. */
  readonly idempotencyKey: string;
  readonly requestId: string;
  readonly traceparent: string | null;
  readonly source: string | null;
}

const digestDigits = 32;

/**
 * Origin of a command.
 * @param key idempotency key within the principal
 * @param content what is asked, in a form that is the same for the same request
 */
export function originOf(context: RequestContext, key: string, content: unknown): CommandOrigin {
  return {
    key: hash("sha256", `${context.principal.keyId}\n${key}`, "hex").slice(0, digestDigits),
    requestHash: hash("sha256", JSON.stringify(content), "hex").slice(0, digestDigits),
    actor: context.principal.keyId,
    source: context.source,
    requestId: context.requestId,
    traceparent: context.traceparent,
  };
}
