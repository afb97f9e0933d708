import { createHash } from "node:crypto";

/** Finds the caller of a request by the SHA-256 of its bearer key. */
export class KeyRing {
  readonly #principalByHash = new Map<string, string>();

  add(key: string, principal: string): void {
    this.#principalByHash.set(sha256Hex(key), principal);
  }

  /** The principal, or null for a missing or unknown key. */
  principalOf(authorization: string | undefined): string | null {
    if (authorization === undefined || !authorization.startsWith("Bearer ")) return null;
    return this.#principalByHash.get(sha256Hex(authorization.slice(7))) ?? null;
  }
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
