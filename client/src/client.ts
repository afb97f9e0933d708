/** Puts a client together. */
import type { Send } from "./call.ts";
import { type Clock, systemClock } from "./clock.ts";
import {
  bindLists,
  bindOperations,
  type Lists,
  type Operations,
  type OperationsWithMeta,
} from "./generated/operations.ts";
import { type LiveOptions, LiveView, plainTails } from "./live/live-view.ts";
import { OfflineQueue } from "./offline/queue.ts";
import type { OfflineQueueOptions } from "./offline/queue-options.ts";
import type { FeedEvent } from "./refined-types.ts";
import { type Fetch, type OnRetry, request, type Transport } from "./request.ts";
import { defaultRetry, type RetryOptions, retryPolicy } from "./retry.ts";
import { Session, type SessionOptions } from "./session/session.ts";
import type { WebSocketConstructor } from "./session/socket.ts";
import { socketTail } from "./tail/socket-tail.ts";
import { follow, type UpdatesOptions } from "./updates.ts";

export interface ClientOptions {
  /** Where the server is, for example `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /** Sent as `Authorization: Bearer …`; a function is asked before every try. */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined;
  /** Headers of every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** In place of the runtime's `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** False for a single try. */
  readonly retry?: RetryOptions | false | undefined;
  /** Longest time for one try, 30 s when absent. */
  readonly tryTimeoutMs?: number | undefined;
  /** Told of every try that failed and will be followed by another. */
  readonly onRetry?: OnRetry | undefined;
  /** In place of the runtime's; Node 20 has none, there give that of the package ws. */
  readonly webSocket?: WebSocketConstructor | undefined;
  /** In place of the runtime's, for tests. */
  readonly clock?: Clock | undefined;
}

export interface Client extends Operations {
  /** The same calls, giving `{ body, meta }`: ETag, whether it was replayed, cursor, request id. */
  readonly withMeta: OperationsWithMeta;
  /** The lists over all their pages: `for await (const item of client.all.listInventory())`. */
  readonly all: Lists;
  /** Follows the change feed until `signal` aborts. */
  updates(options?: UpdatesOptions): AsyncGenerator<FeedEvent, void, undefined>;
  /** A local view of stock that is always current. It begins at once; `ready()` tells when it is whole. */
  live(options?: LiveOptions): LiveView;
  /** A WebSocket for subscriptions and commands that survives reconnects. */
  connect(options?: SessionOptions): Session;
  /** Opens a queue of writes that outlive outages of the network and restarts of this program. */
  offlineQueue(options: OfflineQueueOptions): Promise<OfflineQueue>;
}

/** A client of the server at `baseUrl`. It keeps no connections and no state, so one of them serves a whole program. */
export function createClient(options: ClientOptions): Client {
  const transport = transportOf(options);
  const sendForBody: Send = async <Body>(...parameters: Parameters<Send>) =>
    (await request<Body>(transport, ...parameters)).body;
  const send = (...parameters: Parameters<Send>) => request(transport, ...parameters);
  const operations = bindOperations(sendForBody);
  const withMeta = bindOperations(send as Send) as unknown as OperationsWithMeta;
  return {
    ...operations,
    withMeta,
    all: bindLists(withMeta),
    updates: (following = {}) => follow(operations.pollUpdates, transport.clock, following),
    live(live = {}) {
      const servers = serversOf(transport, live.servers);
      return new LiveView({ servers, tails: { ...plainTails, websocket: socketTail(options.webSocket) } }, live);
    },
    offlineQueue: (queue) => OfflineQueue.open(transport, queue),
    connect(session = {}) {
      return new Session({ servers: serversOf(transport, session.servers), webSocket: options.webSocket }, session);
    },
  };
}

/** The client's server, and the further ones of the same installation. */
const serversOf = (transport: Transport, further: readonly string[] = []): Transport[] => [
  transport,
  ...further.map((url) => ({ ...transport, baseUrl: addressOf(url) })),
];

const addressOf = (url: string): string => new URL(url).href.replace(/\/+$/, "");

function transportOf(options: ClientOptions): Transport {
  const { apiKey, headers = {} } = options;
  return {
    baseUrl: addressOf(options.baseUrl),
    async headers() {
      const key = typeof apiKey === "function" ? await apiKey() : apiKey;
      return key === undefined ? headers : { ...headers, authorization: `Bearer ${key}` };
    },
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    retry: retryPolicy(defaultRetry, options.retry),
    tryTimeoutMs: options.tryTimeoutMs ?? 30_000,
    clock: options.clock ?? systemClock,
    onRetry: options.onRetry ?? (() => {}),
  };
}
