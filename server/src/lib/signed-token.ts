/** Opaque tokens that only this installation can make: payload and a truncated HMAC-SHA-256, in base64url. */
import { createHmac, timingSafeEqual } from "node:crypto";

const macBytes = 16;

export interface TokenSigner {
  /** @param purpose keeps tokens of one kind from being taken for another */
  seal(purpose: string, payload: Uint8Array): string;
  /** @returns the payload, or null when the token was not made here or for another purpose */
  open(purpose: string, token: string): Uint8Array | null;
}

/** @param secret at least 32 bytes, shared by all servers of the installation */
export function tokenSigner(secret: Uint8Array): TokenSigner {
  const macOf = (purpose: string, payload: Uint8Array): Buffer =>
    createHmac("sha256", secret).update(purpose).update("\0").update(payload).digest().subarray(0, macBytes);
  return {
    seal: (purpose, payload) => Buffer.concat([payload, macOf(purpose, payload)]).toString("base64url"),
    open(purpose, token) {
      if (!/^[A-Za-z0-9_-]+$/.test(token)) return null;
      const bytes = Buffer.from(token, "base64url");
      if (bytes.length <= macBytes || bytes.toString("base64url") !== token) return null;
      const payload = bytes.subarray(0, -macBytes);
      return timingSafeEqual(bytes.subarray(-macBytes), macOf(purpose, payload)) ? payload : null;
    },
  };
}
