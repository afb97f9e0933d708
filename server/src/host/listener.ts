/** Listens for HTTP with Bun's server. Modes: listening → draining (finishes what is under way) → stopped. */
import type { Hono } from "hono";
import { ProblemError } from "./problem.ts";
import { requestIdOf } from "./request-headers.ts";

/** The port is taken by another program. */
export class PortInUse extends Error {
  override readonly name = "PortInUse";
}

export interface Listener {
  readonly port: number;
  readonly url: string;
  /** Takes no new connections and waits for requests under way, at most `waitMsMax`. */
  drain(waitMsMax: number): Promise<void>;
}

/** @throws PortInUse */
export function listen(app: Hono, host: string, port: number): Listener {
  let isDraining = false;
  let underWay = 0;
  let whenIdle: () => void = () => {};
  const fetch = async (request: Request): Promise<Response> => {
    underWay += 1;
    try {
      const response = isAddressed(request) ? await app.fetch(request) : unaddressed(request);
      if (isDraining) response.headers.set("connection", "close");
      return response;
    } finally {
      underWay -= 1;
      if (underWay === 0) whenIdle();
    }
  };
  const server = open(fetch, host, port);
  const shownHost = host.includes(":") ? `[${host}]` : host;
  return {
    port: server.port!,
    url: `http://${shownHost}:${server.port}`,
    async drain(waitMsMax) {
      isDraining = true;
      const stopped = server.stop();
      const idle = underWay === 0 ? Promise.resolve() : new Promise<void>((resolve) => (whenIdle = resolve));
      await Promise.race([Promise.all([idle, stopped]), Bun.sleep(waitMsMax)]);
      await server.stop(true);
    },
  };
}

/** Without a usable Host header the address of a request is no URL. */
const isAddressed = (request: Request): boolean => request.url.startsWith("http");

function unaddressed(request: Request): Response {
  const detail = "The request names no host that could be understood. Send a valid Host header.";
  return new ProblemError("validation_failed", detail).toResponse(requestIdOf(request.headers));
}

function open(fetch: (request: Request) => Promise<Response>, hostname: string, port: number): Bun.Server<undefined> {
  try {
    // Bodies are limited by the routes, whose answer says so; idle connections are closed after the longest poll.
    return Bun.serve({ fetch, hostname, port, idleTimeout: 120, maxRequestBodySize: 1024 * 1024 * 1024 });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
      throw new PortInUse(
        `Port ${port} on ${hostname} is taken by another program. Take another one: npm start -- --port ${port === 8080 ? 8081 : port + 1}`,
        { cause: error },
      );
    }
    throw error;
  }
}
