/** Ids that sort by the time of their making: 48 bits of milliseconds and 80 random bits in Crockford's base 32. */
import { randomFillSync } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const poolBytes = 4096;
const pool = new Uint8Array(poolBytes);
let used = poolBytes;

/** @returns `count` random bytes, a copy that the caller may keep; drawn from a pool because each draw is a system call */
export function randomBytes(count: number): Uint8Array {
  if (used + count > poolBytes) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  return pool.slice(used - count, used);
}

/** @returns e.g. `prod_01jd…`: the prefix, ten digits of time and sixteen random ones */
export function sortableId(prefix: string, nowMs: number): string {
  let time = "";
  let rest = nowMs;
  for (let index = 0; index < 10; index++) {
    time = alphabet[rest % 32] + time;
    rest = Math.floor(rest / 32);
  }
  let text = prefix + time;
  for (const byte of randomBytes(16)) text += alphabet[byte & 31];
  return text;
}

const processPart = Array.from(randomBytes(8), (byte) => alphabet[byte & 31]).join("");
let requestsMade = 0;

/** @returns an id that no other request of any server has, e.g. `req_4k7tz2…-1f`; cheap, for one is made for each request */
export function requestId(): string {
  requestsMade += 1;
  return `req_${processPart}-${requestsMade.toString(36)}`;
}
