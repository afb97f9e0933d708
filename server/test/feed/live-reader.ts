/**
 * A reader as the client library is one: it begins with a cursor, follows the feed, and after every end of a connection
 * goes on from the last cursor that it got — with another transport, at another server.
 *
 * Modes: following ⇄ waiting to connect again; lost (its cursor was refused with 410) ; stopped.
 */
import { Fold } from "./fold.ts";
import type { Link, LinkEnd, LinkHandlers, OpenLink } from "./links.ts";
import { PollLink } from "./poll-link.ts";
import type { Snapshot } from "./snapshot.ts";
import { SseLink } from "./sse-link.ts";
import { WsLink } from "./ws-link.ts";

export type Transport = "sse" | "websocket" | "acknowledging" | "poll";

const open: Record<Transport, OpenLink> = {
  sse: (url, cursor, handlers) => new SseLink(url, cursor, handlers),
  websocket: (url, cursor, handlers) => new WsLink(url, cursor, handlers),
  acknowledging: (url, cursor, handlers) => new WsLink(url, cursor, handlers, 300),
  poll: (url, cursor, handlers) => new PollLink(url, cursor, handlers),
};

/** Pause after a connection that brought nothing. Servers ask for longer ones, which tests need not keep. */
const againMs = 50;

export interface ReaderOptions {
  /** Where servers are, asked anew for each connection. */
  readonly urls: () => readonly string[];
  /** Taken in turn, one for each connection. */
  readonly transports: readonly Transport[];
  /** Which transport and server come first. */
  readonly seed: number;
  /** Where it begins. */
  readonly from: Snapshot;
  /** Last sequences by partition at its beginning, when they are known. */
  readonly positions?: ReadonlyMap<number, number>;
  /** Whether it connects again by itself after the server has ended a connection; it does unless this says no. */
  readonly comesBack?: boolean;
}

export class LiveReader {
  readonly fold: Fold;
  /** Ends that the server made or the network; cuts are not among them. */
  readonly ends: LinkEnd[] = [];
  /** Connections on which the server took the cursor. */
  openCount = 0;
  cursor: string;
  readonly #options: ReaderOptions;
  #link: Link | null = null;
  #connections = 0;
  #isOpen = false;
  #isStopped = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.fold = new Fold(options.from.items, options.positions);
    this.cursor = options.from.cursor;
    this.connect();
  }

  /** The server has taken the cursor of the present connection. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The newest end, if any. */
  get end(): LinkEnd | null {
    return this.ends.at(-1) ?? null;
  }

  /** Opens the next connection: the next transport, the next server. */
  connect(): void {
    if (this.#isStopped) return;
    const { urls, transports, seed } = this.#options;
    const turn = seed + this.#connections;
    this.#connections += 1;
    this.#isOpen = false;
    const servers = urls();
    const transport = transports[turn % transports.length]!;
    this.#link = open[transport](servers[turn % servers.length]!, this.cursor, this.#handlers());
  }

  /** Breaks the connection off, at whatever byte it is, and goes on with the next. */
  cut(): void {
    this.#link?.cut();
    this.connect();
  }

  stop(): void {
    this.#isStopped = true;
    this.#link?.cut();
  }

  #handlers(): LinkHandlers {
    return {
      opened: () => {
        this.#isOpen = true;
        this.openCount += 1;
      },
      events: (events) => {
        for (const event of events) this.fold.take(event);
        this.cursor = events.at(-1)!.cursor;
      },
      place: (cursor) => {
        this.cursor = cursor;
      },
      ended: (end) => this.#ended(end),
    };
  }

  #ended(end: LinkEnd): void {
    this.#isOpen = false;
    this.ends.push(end);
    if (end.closing !== null) this.cursor = end.closing.cursor;
    if (end.problem !== null && end.problem.status < 500) {
      // Its cursor is of no use any more, which the test has to know.
      this.#isStopped = true;
      return;
    }
    if (this.#options.comesBack !== false) setTimeout(() => this.connect(), againMs);
  }
}
