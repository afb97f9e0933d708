/** A client whose server is a script: what it answers to each try, in order. */
import { type ClientOptions, createClient } from "../../src/client.ts";
import { ManualClock } from "./manual-clock.ts";

/** One try as it was sent. */
export interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: unknown;
}

/** An answer, an error of the network, or silence until the try is given up. */
export type Step = Response | Error | "silence";

/** A JSON answer. */
export const json = (body: unknown, headers: Record<string, string> = {}, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });

/** A problem document. */
export const problem = (
  status: number,
  code: string,
  headers: Record<string, string> = {},
  more: object = {},
): Response =>
  json(
    { type: `/docs/problems#${code}`, title: code, status, detail: `Detail of ${code}.`, code, ...more },
    { "content-type": "application/problem+json", ...headers },
    status,
  );

/** What a fetch rejects with when the network fails. */
export const networkError = (): TypeError => new TypeError("fetch failed");

/** @param onSilence called when a try meets silence */
export function scripted(
  steps: readonly Step[],
  options: Partial<ClientOptions> = {},
  onSilence: () => void = () => {},
) {
  const left = [...steps];
  const sent: Sent[] = [];
  const clock = new ManualClock();
  const client = createClient({
    baseUrl: "http://onhand.test",
    apiKey: "a-key",
    clock,
    fetch: async (url, init) => {
      const { method = "GET", body } = init;
      const headers = new Headers(init.headers);
      sent.push({ method, url: new URL(url), headers, body: typeof body === "string" ? JSON.parse(body) : undefined });
      const step = left.shift();
      if (step === undefined) throw new Error("the script has no answer for this try");
      if (step instanceof Error) throw step;
      return step === "silence" ? silence(init.signal!, onSilence) : step;
    },
    ...options,
  });
  return { client, clock, sent, keys: () => sent.map(({ headers }) => headers.get("idempotency-key")) };
}

function silence(signal: AbortSignal, onSilence: () => void): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    onSilence();
  });
}

/** What a promise is rejected with. @throws when it is not */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it succeeded");
}
