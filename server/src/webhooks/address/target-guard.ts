/**
 * Decides where webhooks may be sent. A URL is looked at when it is given; that alone protects nobody, because a name may
 * lead elsewhere later. So for every connection the name is resolved here, every address is judged, and the
 * connection is made to an address that was judged: what a name leads to a moment later does not matter.
 */
import { lookup } from "node:dns/promises";
import { judgeAddress } from "./address-rules.ts";
import { addressBytes } from "./ip-address.ts";

/** All addresses of a name. @throws when it has none or nobody answers */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** As the system resolves names. */
export const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/** The target must not be connected to; the message says why. */
export class TargetRefused extends Error {
  override readonly name = "TargetRefused";
}

export interface TargetRules {
  /** Loopback, private and other inner addresses, and plain http. */
  readonly allowsPrivate: boolean;
  readonly resolve: Resolve;
}

const setting = "ONHAND_WEBHOOK_PRIVATE_TARGETS=true";

export class TargetGuard {
  readonly #rules: TargetRules;

  constructor(rules: TargetRules) {
    this.#rules = rules;
  }

  /** Reads a URL and refuses what can be seen from it alone. @throws TargetRefused */
  readUrl(text: string): URL {
    if (!URL.canParse(text)) throw new TargetRefused("is no URL. Give a whole one, such as https://example.com/hooks.");
    const url = new URL(text);
    if (url.protocol !== "https:" && url.protocol !== "http:")
      throw new TargetRefused("has a scheme that webhooks cannot be sent by. Use https.");
    if (url.protocol === "http:" && !this.#rules.allowsPrivate)
      throw new TargetRefused(`would send events unencrypted. Use https; plain http needs ${setting}.`);
    if (url.username !== "" || url.password !== "")
      throw new TargetRefused("has a user name or password in it. Leave it out; deliveries are signed instead.");
    if (url.hash !== "") throw new TargetRefused("has a fragment, which is never sent. Leave out what follows the #.");
    if (url.port === "0") throw new TargetRefused("has the port 0, to which nothing can be sent.");
    if (addressBytes(url.hostname) !== null) this.#judge(url.hostname);
    return url;
  }

  /** As `readUrl`, and refuses a name that leads inside now. One that leads nowhere yet may be set up later. */
  async readNewUrl(text: string): Promise<URL> {
    const url = this.readUrl(text);
    try {
      await this.addressesOf(url);
    } catch (error) {
      if (error instanceof TargetRefused) throw error;
    }
    return url;
  }

  /** The addresses behind a URL, all of them judged. @throws TargetRefused, or whatever the resolver throws */
  async addressesOf(url: URL): Promise<readonly string[]> {
    if (addressBytes(url.hostname) !== null) {
      this.#judge(url.hostname);
      return [url.hostname.replace(/^\[|\]$/g, "")];
    }
    const addresses = await this.#rules.resolve(url.hostname);
    if (addresses.length === 0) throw new Error(`${url.hostname} has no address`);
    for (const address of addresses) this.#judge(address);
    return addresses;
  }

  /** What was connected to in the end. @throws TargetRefused */
  requireAllowed(address: string): void {
    this.#judge(address);
  }

  #judge(address: string): void {
    const { reach, kind } = judgeAddress(address);
    if (reach === "public" || (reach === "private" && this.#rules.allowsPrivate)) return;
    const advice = reach === "private" ? ` Private targets need ${setting}.` : "";
    throw new TargetRefused(`leads to ${kind}, to which webhooks are not sent. Use a public address.${advice}`);
  }
}
