/**
 * A new idempotency key of 128 random bits. Every write gets one by itself; make your own when the change must survive
 * a restart of your program: store it first, then send the change, and send it again with the same key whenever in doubt.
 */
export function newIdempotencyKey(): string {
  // Unlike randomUUID, this is there on pages without TLS too.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
