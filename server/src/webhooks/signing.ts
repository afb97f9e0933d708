/** Signs deliveries as Standard Webhooks 1.0.0 says: HMAC-SHA-256 over id, timestamp and body, once for each live secret. */
import { createHmac, randomBytes } from "node:crypto";

const prefix = "whsec_";
const secretBytesMin = 24;
const secretBytesMax = 64;

/** @returns a new secret of 256 bits */
export const newSecret = (): string => prefix + randomBytes(32).toString("base64");

/** @returns the key in a secret, or null when it is none */
export function keyOfSecret(secret: string): Buffer | null {
  if (!secret.startsWith(prefix)) return null;
  const text = secret.slice(prefix.length);
  const key = Buffer.from(text, "base64");
  const isWhole = key.toString("base64").replace(/=+$/, "") === text.replace(/=+$/, "");
  return isWhole && key.length >= secretBytesMin && key.length <= secretBytesMax ? key : null;
}

/** The headers of one delivery. @param keys of all live secrets, the newest first @param seconds of the Unix epoch */
export function signatureHeaders(
  keys: readonly Uint8Array[],
  id: string,
  seconds: number,
  body: string,
): Record<string, string> {
  const signed = `${id}.${seconds}.${body}`;
  const signatures = keys.map((key) => `v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
  return { "webhook-id": id, "webhook-timestamp": String(seconds), "webhook-signature": signatures.join(" ") };
}
