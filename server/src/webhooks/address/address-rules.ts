/**
 * Which addresses a webhook may be sent to. Whatever is not plainly public is refused: what is private may be allowed by
 * a setting, what is never an honest target may not.
 */
import { addressBytes } from "./ip-address.ts";

export type Reach = "public" | "private" | "never";

export interface Verdict {
  readonly reach: Reach;
  /** What kind of address it is, in words. */
  readonly kind: string;
}

interface Rule extends Verdict {
  readonly prefix: Uint8Array;
  readonly bits: number;
}

const rule = (reach: Reach, range: string, kind: string): Rule => {
  const [address, bits] = range.split("/") as [string, string];
  return { reach, kind, prefix: addressBytes(address)!, bits: Number(bits) };
};

/** First match wins; an IPv4 address that matches none is public. */
const version4: readonly Rule[] = [
  rule("never", "0.0.0.0/8", "an unspecified address"),
  rule("private", "10.0.0.0/8", "a private address"),
  rule("private", "100.64.0.0/10", "an address of a provider's inner network"),
  rule("private", "127.0.0.0/8", "a loopback address"),
  rule("never", "168.63.129.16/32", "a cloud provider's inner address"),
  rule("never", "169.254.0.0/16", "a link-local address"),
  rule("private", "172.16.0.0/12", "a private address"),
  rule("never", "192.0.0.0/24", "a reserved address"),
  rule("never", "192.0.2.0/24", "an address of documentation"),
  rule("never", "192.88.99.0/24", "a relay's address"),
  rule("private", "192.168.0.0/16", "a private address"),
  rule("private", "198.18.0.0/15", "an address of test networks"),
  rule("never", "198.51.100.0/24", "an address of documentation"),
  rule("never", "203.0.113.0/24", "an address of documentation"),
  rule("never", "224.0.0.0/4", "a multicast address"),
  rule("never", "240.0.0.0/4", "a reserved or broadcast address"),
];

/** First match wins; an IPv6 address that matches none is refused. */
const version6: readonly Rule[] = [
  rule("private", "::1/128", "a loopback address"),
  rule("never", "2001::/23", "an address of tunnels and special uses"),
  rule("never", "2001:db8::/32", "an address of documentation"),
  rule("never", "2002::/16", "an address of 6to4 tunnels"),
  rule("never", "3fff::/20", "an address of documentation"),
  rule("public", "2000::/3", "a public address"),
  rule("private", "fc00::/7", "a unique local address"),
  rule("never", "fe80::/10", "a link-local address"),
  rule("never", "fec0::/10", "a site-local address"),
  rule("never", "ff00::/8", "a multicast address"),
];

/** Ranges whose last four bytes are an IPv4 address that is reached in the end: mapped, and translated by NAT64. */
const embedding: readonly Rule[] = [rule("public", "::ffff:0:0/96", ""), rule("public", "64:ff9b::/96", "")];

/** What kind of address it is, as it will be connected to. */
export function judgeAddress(text: string): Verdict {
  const bytes = addressBytes(text);
  if (bytes === null) return { reach: "never", kind: "no address" };
  if (bytes.length === 4) return judge4(bytes);
  if (embedding.some((range) => matches(range, bytes))) return judge4(bytes.subarray(12));
  return (
    version6.find((range) => matches(range, bytes)) ?? { reach: "never", kind: "no address of the public network" }
  );
}

const judge4 = (bytes: Uint8Array): Verdict =>
  version4.find((range) => matches(range, bytes)) ?? { reach: "public", kind: "a public address" };

function matches({ prefix, bits }: Rule, bytes: Uint8Array): boolean {
  const whole = bits >> 3;
  for (let index = 0; index < whole; index++) if (bytes[index] !== prefix[index]) return false;
  const rest = bits & 7;
  return rest === 0 || bytes[whole]! >> (8 - rest) === prefix[whole]! >> (8 - rest);
}
