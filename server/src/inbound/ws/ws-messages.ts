/** Reads what clients send. */
import { type ClientMessage, clientMessages } from "@onhand/protocol/stream-messages";
import { limits } from "../../core/limits.ts";
import { ProblemError } from "../../host/problem.ts";
import { JsonRefused, parseStrictJson } from "../../host/strict-json.ts";
import { Check, requireValid } from "../../host/validation.ts";

const checks = new Map(Object.entries(clientMessages).map(([type, schema]) => [type, new Check(schema)]));
const known = [...checks.keys()].join(", ");

export type ReadMessage =
  | { readonly message: ClientMessage }
  /** @property isMalformed it is no message of this protocol at all */
  | { readonly problem: ProblemError; readonly id: string | null; readonly isMalformed: boolean };

const malformed = (detail: string): ReadMessage => ({
  problem: new ProblemError("validation_failed", detail),
  id: null,
  isMalformed: true,
});

/** @param text null for a binary message */
export function readMessage(text: string | null): ReadMessage {
  if (text === null) return malformed("Messages are JSON texts. Send text, not binary.");
  let value: unknown;
  try {
    // The body of a command may nest as deep as one over HTTP.
    value = parseStrictJson(text, limits.jsonDepthMax + 1);
  } catch (error) {
    if (!(error instanceof JsonRefused)) throw error;
    return malformed(`${error.message.replace("The body", "The message")} Correct it and connect again.`);
  }
  const { type, id } = (typeof value === "object" && value !== null ? value : {}) as { type?: unknown; id?: unknown };
  const check = typeof type === "string" ? checks.get(type) : undefined;
  if (check === undefined) return malformed(`A message is an object whose type is one of ${known}.`);
  try {
    requireValid(check, value, "message");
    return { message: value as ClientMessage };
  } catch (error) {
    return { problem: error as ProblemError, id: typeof id === "string" ? id : null, isMalformed: false };
  }
}
