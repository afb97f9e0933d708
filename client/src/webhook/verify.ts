/** Looks whether a webhook comes from Onhand, in the format of Standard Webhooks (v1: HMAC-SHA256), with WebCrypto. */
import type { FeedEvent } from "../refined-types.ts";

/** Header fields as frameworks hand them over. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /** How far the time of the message may be from now; 5 minutes when absent. */
  readonly toleranceSeconds?: number | undefined;
  /** Milliseconds since 1970, for tests. */
  readonly nowMs?: number | undefined;
}

export interface VerifiedWebhook {
  /** Id of the event, the same in every try: deal with each once. */
  readonly id: string;
  /** When this try was sent. */
  readonly sentAt: Date;
  readonly event: FeedEvent;
  /** Number within the subscription: 1, 2, 3 … the same in every try; null when the message has none. */
  readonly sequence: number | null;
  /** With ordering `latest`: numbers that will not come any more, because this newer state stands in their place. */
  readonly supersedes: readonly number[];
  /** Place in the feed behind the event, from which what is missing can be read; null when the message has none. */
  readonly cursor: string | null;
}

/** It does not come from Onhand, or not now. Answer it with 400 and do nothing else. */
export class WebhookRefused extends Error {
  override readonly name = "WebhookRefused";
  readonly code: "headers_missing" | "too_old" | "too_new" | "signature_wrong" | "body_unreadable";

  constructor(code: WebhookRefused["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** Signatures in one header that are looked at; a sender signs with two secrets at most. */
const signaturesMax = 16;
const prefix = "whsec_";

/**
 * @param body exactly as it was received, before any parsing
 * @param secrets `whsec_…`; several while they are rotated
 * @throws WebhookRefused; TypeError when a secret is none
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secrets: string | readonly string[],
  options: VerifyOptions = {},
): Promise<VerifiedWebhook> {
  const id = headerOf(headers, "webhook-id");
  const timestamp = headerOf(headers, "webhook-timestamp");
  const signature = headerOf(headers, "webhook-signature");
  if (id === null || timestamp === null || signature === null)
    throw new WebhookRefused("headers_missing", "webhook-id, webhook-timestamp or webhook-signature is missing");
  const sentAtMs = checkTime(timestamp, options);
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const list = typeof secrets === "string" ? [secrets] : secrets;
  if (list.length === 0) throw new TypeError("no secret was given to verify with");
  const keys = await Promise.all(list.map(importSecret));
  if (!(await isSigned(keys, signaturesIn(signature), signed)))
    throw new WebhookRefused("signature_wrong", "no signature fits any of the secrets");
  return {
    id,
    sentAt: new Date(sentAtMs),
    event: eventIn(bytes),
    sequence: sequenceIn(headerOf(headers, "webhook-sequence")),
    supersedes: (headerOf(headers, "webhook-supersedes") ?? "")
      .split(",")
      .flatMap((text) => sequenceIn(text.trim()) ?? []),
    cursor: headerOf(headers, "webhook-feed-cursor"),
  };
}

function headerOf(headers: WebhookHeaders, name: string): string | null {
  if (headers instanceof Headers) return headers.get(name);
  const entry = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  const value = entry?.[1];
  return (typeof value === "string" ? value : value?.[0]) ?? null;
}

function checkTime(timestamp: string, { toleranceSeconds = 300, nowMs = Date.now() }: VerifyOptions): number {
  const sentAtMs = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) * 1000 : Number.NaN;
  if (Number.isNaN(sentAtMs)) throw new WebhookRefused("headers_missing", "webhook-timestamp is no number of seconds");
  const ageMs = nowMs - sentAtMs;
  if (ageMs > toleranceSeconds * 1000) throw new WebhookRefused("too_old", "the message is too old");
  if (ageMs < -toleranceSeconds * 1000) throw new WebhookRefused("too_new", "the message comes from the future");
  return sentAtMs;
}

async function importSecret(secret: string): Promise<CryptoKey> {
  let raw: Uint8Array<ArrayBuffer>;
  try {
    raw = bytesOf(secret.startsWith(prefix) ? secret.slice(prefix.length) : secret);
  } catch {
    throw new TypeError(`a webhook secret is ${prefix} followed by base64`);
  }
  if (raw.length === 0) throw new TypeError("a webhook secret is empty");
  return crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

function signaturesIn(header: string): Uint8Array<ArrayBuffer>[] {
  return header
    .split(" ")
    .slice(0, signaturesMax)
    .flatMap((part) => {
      if (!part.startsWith("v1,")) return [];
      try {
        return [bytesOf(part.slice(3))];
      } catch {
        return [];
      }
    });
}

/** WebCrypto compares in constant time; all pairs are looked at, so that time does not tell which secret fits. */
async function isSigned(
  keys: readonly CryptoKey[],
  signatures: readonly Uint8Array<ArrayBuffer>[],
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const pairs = keys.flatMap((key) =>
    signatures.map((signature) => crypto.subtle.verify("HMAC", key, signature, signed)),
  );
  return (await Promise.all(pairs)).includes(true);
}

function eventIn(bytes: Uint8Array): FeedEvent {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as FeedEvent;
  } catch {
    throw new WebhookRefused("body_unreadable", "the body is signed, but no JSON");
  }
}

const sequenceIn = (header: string | null): number | null =>
  header !== null && /^\d{1,15}$/.test(header) ? Number(header) : null;

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(one.length + other.length);
  whole.set(one);
  whole.set(other, one.length);
  return whole;
}
