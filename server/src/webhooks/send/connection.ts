/**
 * One connection to an endpoint, opened to an address that was judged before, with the host's own name in TLS. Modes:
 * opening → idle → exchanging → idle … → closed. One exchange at a time. Made of sockets and not of an HTTP client, so that
 * nothing follows a redirect, asks a proxy or resolves the name once more.
 */
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { AnswerReader, BadAnswer } from "./answer-reader.ts";

/** The endpoint could not be reached, or broke off. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  /** Nothing of an answer had come on a connection that was used before: it may have been closed while it was idle. */
  readonly isStale: boolean;

  constructor(message: string, isStale: boolean, options?: ErrorOptions) {
    super(message, options);
    this.isStale = isStale;
  }
}

interface Exchange {
  readonly reader: AnswerReader;
  readonly resolve: (reader: AnswerReader) => void;
  readonly reject: (error: Error) => void;
}

export class Connection {
  readonly openedAtMs: number;
  readonly #socket: Socket;
  #exchange: Exchange | null = null;
  #exchanges = 0;
  #isClosed = false;
  /** Called when an idle connection was closed by the other side. */
  onClosed: () => void = () => {};

  private constructor(socket: Socket, openedAtMs: number) {
    this.#socket = socket;
    this.openedAtMs = openedAtMs;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#received(chunk as Buffer));
    socket.on("end", () => this.#ended());
    socket.on("error", (error) => this.#broke(error));
    socket.on("close", () => this.#broke(null));
  }

  /**
   * Connects to an address, under the name and port of a URL.
   * @param ca certificates to trust in place of the system's
   */
  static open(
    address: string,
    url: URL,
    nowMs: number,
    signal: AbortSignal,
    ca: string | undefined,
  ): Promise<Connection> {
    const isTls = url.protocol === "https:";
    const port = url.port === "" ? (isTls ? 443 : 80) : Number(url.port);
    const hostname = url.hostname.replace(/^\[|\]$/g, "");
    // An address has no name that TLS could be told; its certificate must then name the address.
    const tlsOptions = {
      host: address,
      port,
      rejectUnauthorized: true,
      ALPNProtocols: ["http/1.1"],
      ...(ca && { ca }),
    };
    const servername = hostname === address ? {} : { servername: hostname };
    const socket: Socket = isTls
      ? connectTls({ ...tlsOptions, ...servername })
      : connectPlain({ host: address, port, autoSelectFamily: false });
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    const abort = (): void => {
      socket.destroy();
      reject(new Unreachable("the connection was not made in time", false));
    };
    const failed = (error: Error): void =>
      reject(new Unreachable(`no connection: ${error.message}`, false, { cause: error }));
    signal.addEventListener("abort", abort);
    socket.once("error", failed);
    socket.once("close", () => failed(new Error("it was closed at once")));
    socket.once(isTls ? "secureConnect" : "connect", () => {
      socket.off("error", failed);
      resolve(new Connection(socket, nowMs));
    });
    return promise.finally(() => signal.removeEventListener("abort", abort));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whom it is connected to. */
  get address(): string | undefined {
    return this.#socket.remoteAddress;
  }

  /** Sends a request. @returns the whole answer @throws Unreachable, BadAnswer */
  exchange(request: string | Uint8Array): Promise<AnswerReader> {
    const { promise, resolve, reject } = Promise.withResolvers<AnswerReader>();
    this.#exchanges += 1;
    this.#exchange = { reader: new AnswerReader(), resolve, reject };
    if (this.#isClosed) this.#fail(new Unreachable("the connection was closed", this.#exchanges > 1));
    else this.#socket.write(request);
    return promise;
  }

  /** What has come of the answer so far. */
  get answer(): AnswerReader | null {
    return this.#exchange?.reader ?? null;
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  #received(chunk: Buffer): void {
    const exchange = this.#exchange;
    // Nobody asked for anything.
    if (exchange === null) {
      this.close();
      return;
    }
    try {
      exchange.reader.push(chunk);
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    if (!exchange.reader.isWhole) return;
    this.#exchange = null;
    if (!exchange.reader.isReusable) this.close();
    exchange.resolve(exchange.reader);
  }

  #ended(): void {
    const exchange = this.#exchange;
    if (exchange === null || exchange.reader.status === null) {
      this.#broke(null);
      return;
    }
    exchange.reader.end();
    this.#exchange = null;
    this.close();
    exchange.resolve(exchange.reader);
  }

  #broke(error: Error | null): void {
    if (this.#exchange === null) {
      const wasOpen = !this.#isClosed;
      this.close();
      if (wasOpen) this.onClosed();
      return;
    }
    const { reader } = this.#exchange;
    const what = reader.hasBegun ? "in the middle of its answer" : "without an answer";
    const why = error === null ? "" : `: ${error.message}`;
    this.#fail(new Unreachable(`the endpoint broke off ${what}${why}`, !reader.hasBegun && this.#exchanges > 1));
  }

  #fail(error: Error): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    this.close();
    exchange?.reject(error);
  }
}

/** Whether an error is about what came, not about reaching the endpoint. */
export const isBadAnswer = (error: unknown): boolean => error instanceof BadAnswer;
