/** Commands that are clients of a server: where it is, with which key, and what its refusals mean on a command line. */
import { OnhandProblem } from "@onhand/client";
import { environment } from "../../config/env.ts";
import { UsageError } from "../command.ts";

export interface Server {
  readonly url: string;
  readonly key: string | undefined;
}

/** Options of `parseArgs` that every such command takes. */
export const serverFlags = { url: { type: "string" }, key: { type: "string" } } as const;

/** Their lines in `--help`. */
export const remoteHelp = `  --url URL             the server; ONHAND_URL, or http://127.0.0.1:8080
  --key KEY             an API key; ONHAND_API_KEY, or ONHAND_BOOTSTRAP_KEY`;

/** @throws UsageError for an address that is none */
export function serverOf(flags: { readonly url?: string | undefined; readonly key?: string | undefined }): Server {
  const env = environment();
  const url = flags.url ?? env.ONHAND_URL ?? `http://127.0.0.1:${env.PORT ?? "8080"}`;
  if (!/^https?:\/\/./.test(url) || !URL.canParse(url))
    throw new UsageError(`--url is the address of a server, for example http://127.0.0.1:8080, not "${url}".`);
  return { url, key: flags.key ?? env.ONHAND_API_KEY ?? env.ONHAND_BOOTSTRAP_KEY };
}

/** Says what to do, in place of a stack. */
class RemoteFailed extends Error {
  override readonly name = "RemoteFailed";
}

/** @returns an error whose message is for people, or the error itself when it is a fault of ours */
export function explained(error: unknown, { url, key }: Server): unknown {
  if (error instanceof OnhandProblem && error.status === 401)
    return new RemoteFailed(
      key === undefined
        ? "The server wants a key: give --key, or set ONHAND_API_KEY. npx onhand keys create --role reader makes one."
        : `The server at ${url} does not take this key: it is mistyped, revoked, or another server's. npx onhand keys create --role reader makes one.`,
    );
  if (error instanceof OnhandProblem) return new RemoteFailed(`The server refused: ${error.detail}`);
  if (error instanceof Error && error.name === "OnhandUnreachable")
    return new RemoteFailed(
      `No server answers at ${url} (${error.message}). Start one with npm start, or give its --url.`,
    );
  return error;
}
