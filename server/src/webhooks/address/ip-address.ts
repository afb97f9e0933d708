/** IP addresses as bytes, so that rules look at what is connected to and not at how somebody wrote it. */
import { isIP } from "node:net";

/** @returns 4 or 16 bytes, or null when the text is no address; brackets and zones are left aside */
export function addressBytes(text: string): Uint8Array | null {
  const plain = text.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  const family = isIP(plain);
  if (family === 4) return Uint8Array.from(plain.split("."), Number);
  return family === 6 ? version6(plain) : null;
}

function version6(text: string): Uint8Array {
  const [head = "", tail] = text.split("::");
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}

/** Sixteen bits each; an IPv4 address at the end makes two of them. */
function groupsOf(text: string): number[] {
  return text.split(":").flatMap((part) => {
    if (part === "") return [];
    if (!part.includes(".")) return [Number.parseInt(part, 16)];
    const [a, b, c, d] = part.split(".").map(Number) as [number, number, number, number];
    return [a * 256 + b, c * 256 + d];
  });
}
