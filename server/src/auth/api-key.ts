/** API keys: `oh_` and 256 random bits with a checksum. The database holds only their digest. */
import { createHash, randomBytes } from "node:crypto";

/** @returns a new secret; it is shown once and cannot be recovered */
export function newSecret(): string {
  const random = randomBytes(32).toString("base64url");
  return `oh_${random}${createHash("sha256").update(random).digest("hex").slice(0, 6)}`;
}

/** @returns SHA-256 of the secret, which has enough entropy to need no salt */
export const digestOf = (secret: string): Buffer => createHash("sha256").update(secret).digest();
