/** Whether a payload was signed by who says so. Pure but for the hash; secrets are compared in constant time. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { SourceSignature } from "@onhand/protocol/sources";
import { mappingLimits } from "./mapping-limits.ts";

/** A payload with what its signature is made over. */
export interface SignedPayload {
  readonly body: Uint8Array;
  /** A header by its name; null when it was not sent. */
  readonly header: (name: string) => string | null;
  /** Addresses that it may have been sent to, as its sender knows them. */
  readonly urls: readonly string[];
  readonly nowMs: number;
}

const headers: Readonly<Record<Exclude<SourceSignature, "none">, string>> = {
  shopify: "x-shopify-hmac-sha256",
  square: "x-square-hmacsha256-signature",
  woocommerce: "x-wc-webhook-signature",
  standard: "webhook-signature",
};

/** @returns the header that a scheme puts its signature into; null for none */
export const signatureHeader = (scheme: SourceSignature): string | null => (scheme === "none" ? null : headers[scheme]);

const hmac = (secret: Uint8Array, ...parts: readonly (string | Uint8Array)[]): Buffer => {
  const digest = createHmac("sha256", secret);
  for (const part of parts) digest.update(part);
  return digest.digest();
};

/** Base64 in exactly one spelling, so that nothing but the digest itself is accepted. */
function isDigest(claimed: string, digest: Buffer): boolean {
  const expected = Buffer.from(digest.toString("base64"));
  const given = Buffer.from(claimed);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** @param secrets any of which may have signed it @returns whether one of them has */
export function isSignedBy(scheme: SourceSignature, secrets: readonly Uint8Array[], payload: SignedPayload): boolean {
  if (scheme === "none") return false;
  const claimed = payload.header(headers[scheme]);
  if (claimed === null) return false;
  // Every secret is tried, whichever it is.
  return secrets.map((secret) => isSigned(scheme, secret, claimed, payload)).includes(true);
}

function isSigned(
  scheme: Exclude<SourceSignature, "none">,
  secret: Uint8Array,
  claimed: string,
  { body, header, urls, nowMs }: SignedPayload,
): boolean {
  if (secret.length === 0) return false;
  if (scheme === "square") return urls.map((url) => isDigest(claimed, hmac(secret, url, body))).includes(true);
  if (scheme !== "standard") return isDigest(claimed, hmac(secret, body));
  const id = header("webhook-id");
  const timestamp = header("webhook-timestamp");
  if (id === null || timestamp === null || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(Number(timestamp) * 1000 - nowMs) > mappingLimits.signatureToleranceMs) return false;
  const digest = hmac(keyOf(secret), `${id}.${timestamp}.`, body);
  return claimed
    .split(" ")
    .map((each) => each.startsWith("v1,") && isDigest(each.slice(3), digest))
    .includes(true);
}

/** Standard Webhooks shows its secrets as base64, mostly with `whsec_` in front. */
const keyOf = (secret: Uint8Array): Uint8Array =>
  Buffer.from(
    Buffer.from(secret)
      .toString("utf8")
      .replace(/^whsec_/, ""),
    "base64",
  );
