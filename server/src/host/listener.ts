/**
 * Listens for HTTP and WebSockets with Bun's server. Modes: listening → draining (finishes what is under way) → stopped.
 * Bun asks a stream for more only when the socket has taken what came before, so a caller that does not read costs one
 * chunk; a socket that takes nothing for `unreadStreamSeconds` is closed.
 */
import type { Api, Handler } from "./api.ts";
import { ProblemError } from "./problem.ts";
import { requestIdOf } from "./request-headers.ts";
import { type Connection, type SocketSession, socketLimits } from "./socket.ts";
import { socketHandlers } from "./socket-handlers.ts";

const listenerLimits = {
  /** Idle connections are closed after the longest poll. */
  idleSeconds: 120,
  /** A stream whose caller takes nothing: a stream that is read is never silent for so long. */
  unreadStreamSeconds: 30,
  /** The last words of a stream; Bun counts in steps of four seconds. */
  lastWordsSeconds: 4,
} as const;

/** The host or port cannot be listened on; the message says what to change. */
class AddressUnusable extends Error {
  override readonly name = "AddressUnusable";
}

/** The port is taken by another program. */
class PortInUse extends Error {
  override readonly name = "PortInUse";
}

export interface Listener {
  readonly port: number;
  readonly url: string;
  /** Takes no new connections and waits for requests under way, at most `waitMsMax`. */
  drain(waitMsMax: number): Promise<void>;
}

type Server = Bun.Server<SocketSession>;
type ServerHandler = (request: Request, server: Server) => Promise<Response | undefined>;
type Routes = Record<string, Record<string, ServerHandler>>;

const connectionOf = (request: Request, server: Server): Connection => ({
  upgrade: (session, headers) => server.upgrade(request, { data: session, headers }),
  ending: () => server.timeout(request, listenerLimits.lastWordsSeconds),
});

/** @throws PortInUse, AddressUnusable */
export function listen(api: Api, host: string, port: number): Listener {
  let isDraining = false;
  let underWay = 0;
  let whenIdle: () => void = () => {};
  const counted = (handle: Handler) => async (request: Request, server: Server) => {
    underWay += 1;
    try {
      const response = isAddressed(request)
        ? await handle(request, connectionOf(request, server))
        : unaddressed(request);
      if (response === undefined) return undefined;
      if (response.headers.get("content-type") === "text/event-stream")
        server.timeout(request, listenerLimits.unreadStreamSeconds);
      if (isDraining) response.headers.set("connection", "close");
      return response;
    } finally {
      underWay -= 1;
      if (underWay === 0) whenIdle();
    }
  };
  const routes: Routes = {};
  for (const [path, handlers] of api.exact) {
    routes[path] = Object.fromEntries(Object.entries(handlers).map(([method, handle]) => [method, counted(handle)]));
  }
  const server = open(
    counted(async (request, connection) => api.app.fetch(request, connection)),
    routes,
    host,
    port,
  );
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

function open(fetch: ServerHandler, routes: Routes, hostname: string, port: number): Server {
  try {
    return Bun.serve<SocketSession>({
      fetch,
      routes,
      hostname,
      port,
      idleTimeout: listenerLimits.idleSeconds,
      // Bodies are limited by the routes, whose answer says so.
      maxRequestBodySize: 1024 * 1024 * 1024,
      websocket: {
        ...socketHandlers,
        maxPayloadLength: socketLimits.messageBytesMax,
        backpressureLimit: socketLimits.backpressureBytesMax,
        closeOnBackpressureLimit: true,
        // Sessions have a heartbeat of their own.
        idleTimeout: 0,
        sendPings: false,
      },
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
      throw new PortInUse(
        `Port ${port} on ${hostname} is taken by another program. Take another one: npm start -- --port ${port === 8080 ? 8081 : port + 1}`,
        { cause: error },
      );
    }
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (["EADDRNOTAVAIL", "ENOTFOUND", "EACCES", "EINVAL"].includes(code)) {
      throw new AddressUnusable(
        `HOST ${hostname} and PORT ${port} cannot be listened on (${code}). Use an address of this machine, 127.0.0.1 or 0.0.0.0, and a port that you may open.`,
        { cause: error },
      );
    }
    throw error;
  }
}
