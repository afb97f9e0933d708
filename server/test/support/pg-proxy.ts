/**
 * Stands between a client and PostgreSQL and decides what becomes of each COMMIT and of each connection: everything
 * that a network can do at the worst moment, done on command and never by a timer.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import {
  asksForEncryption,
  commandTagOf,
  type Frame,
  FrameParser,
  isAnsweredWithReady,
  isCommit,
  StatementTracker,
} from "./pg-proxy-frames.ts";

/**
 * What becomes of a COMMIT.
 * - `pass`: nothing unusual.
 * - `lose`: both ends are cut before the server sees it.
 * - `strand`: the client gets the answers to all that it sent before, then as `lose`.
 * - `reset`: the server answers, and the client's connection is reset in place of the answer.
 * - `silence`: the server answers, and neither that nor anything after it ever reaches the client.
 * - `answerBytes`: the client gets so many bytes of the answer, then its connection ends.
 */
export type CommitFate = "pass" | "lose" | "strand" | "reset" | "silence" | { readonly answerBytes: number };

/** A COMMIT on its way to the server. */
export interface Commit {
  /** Counted from 1 over all connections of the proxy. */
  readonly number: number;
  readonly connection: ProxyConnection;
  /** The server's command tag, `COMMIT` or `ROLLBACK`; null when the server never answered. */
  readonly answered: Promise<string | null>;
}

/** Decides about a COMMIT; while a promise is open, the COMMIT and what comes behind it are held. */
export type CommitRule = (commit: Commit) => CommitFate | Promise<CommitFate>;

/** Called before a statement is sent on to the server. */
export type StatementListener = (text: string, connection: ProxyConnection) => void;

interface AwaitedCommit {
  /** Which ReadyForQuery of the connection ends its answer. */
  readonly answerNumber: number;
  readonly fate: CommitFate;
  readonly resolve: (tag: string | null) => void;
  hasBegun: boolean;
  tag: string | null;
}

/** One client's connection through the proxy. */
export class ProxyConnection {
  readonly #proxy: PgProxy;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #tracker = new StatementTracker();
  #waiting: Frame[] = [];
  #isHeld = false;
  #clientIsGone = false;
  #isSilenced = false;
  /** The client was given its last bytes, which a reset would throw away. */
  #isEnding = false;
  #answerBytesLeft = Number.POSITIVE_INFINITY;
  /** ReadyForQuery messages that the server owes or has given; the first one ends the start-up. */
  #readyExpected = 1;
  #readySeen = 0;
  #whenAllAnswered: (() => void) | null = null;
  #awaited: AwaitedCommit[] = [];

  constructor(proxy: PgProxy, client: Socket, server: Socket) {
    this.#proxy = proxy;
    this.#client = client;
    this.#server = server;
    const fromClient = new FrameParser("client");
    const fromServer = new FrameParser("server");
    client.on("data", (chunk) => {
      this.#waiting.push(...fromClient.push(chunk as Buffer));
      this.#pump();
    });
    server.on("data", (chunk) => {
      for (const frame of fromServer.push(chunk as Buffer)) this.#answer(frame);
    });
    for (const socket of [client, server]) socket.on("error", () => {});
    client.on("close", () => {
      this.#clientIsGone = true;
      this.#pump();
    });
    server.on("close", () => this.#serverClosed());
  }

  /** Cuts both ends at once. */
  cut(): void {
    this.#waiting = [];
    this.cutClient();
    this.#server.destroy();
  }

  /** Cuts the client's end only; a COMMIT that is held can still be released. */
  cutClient(): void {
    if (!this.#isEnding) this.#client.resetAndDestroy();
  }

  /** Lets so many more bytes of answers through to the client, then ends its connection. */
  cutAnswerAfter(bytes: number): void {
    this.#answerBytesLeft = bytes;
  }

  /** Nothing that the server says reaches the client any more; the connection stays open. */
  silence(): void {
    this.#isSilenced = true;
  }

  /** Sends waiting messages on to the server, up to a COMMIT that is held. */
  #pump(): void {
    while (!this.#isHeld && this.#waiting.length > 0) {
      const frame = this.#waiting.shift()!;
      if (asksForEncryption(frame)) {
        this.#client.write("N");
        continue;
      }
      const text = this.#tracker.textRunBy(frame);
      if (text !== null) this.#proxy.statementRuns(text, this);
      if (text !== null && isCommit(text)) this.#decide(frame);
      else this.#send(frame);
    }
    if (!this.#isHeld && this.#clientIsGone) this.#server.end();
  }

  #decide(frame: Frame): void {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const fate = this.#proxy.fateOf(this, promise);
    if (!(fate instanceof Promise)) {
      this.#meet(frame, fate, resolve);
      return;
    }
    this.#isHeld = true;
    void fate.then((decided) => {
      this.#isHeld = false;
      this.#meet(frame, decided, resolve);
      this.#pump();
    });
  }

  /** Lets the client read what it was given, then cuts the server's end. */
  #strand(): void {
    this.#isEnding = true;
    this.#client.end();
    this.cut();
  }

  #meet(frame: Frame, fate: CommitFate, resolve: (tag: string | null) => void): void {
    if (fate === "strand" && this.#readySeen < this.#readyExpected && !this.#server.destroyed) {
      this.#isHeld = true;
      this.#whenAllAnswered = () => this.#meet(frame, fate, resolve);
      return;
    }
    if (fate === "lose" || fate === "strand" || this.#server.destroyed) {
      resolve(null);
      if (fate === "strand") this.#strand();
      else this.cut();
      return;
    }
    // An Execute is answered together with its Sync, which is still to come.
    const answerNumber = this.#readyExpected + 1;
    this.#awaited.push({ answerNumber, fate, resolve, hasBegun: false, tag: null });
    this.#send(frame);
  }

  #send(frame: Frame): void {
    if (isAnsweredWithReady(frame)) this.#readyExpected += 1;
    this.#server.write(frame.bytes);
  }

  /** Gives the server's message to the client, unless it answers a COMMIT with another fate. */
  #answer(frame: Frame): void {
    const commit = this.#awaited[0];
    const answersCommit = commit !== undefined && this.#readySeen + 1 === commit.answerNumber;
    if (answersCommit) this.#startAnswer(commit);
    this.#deliver(frame.bytes);
    if (answersCommit) commit.tag = commandTagOf(frame) ?? commit.tag;
    if (frame.type !== "Z") return;
    this.#readySeen += 1;
    if (this.#readySeen === this.#readyExpected) this.#whenAllAnswered?.();
    if (!answersCommit) return;
    this.#awaited.shift();
    // First the client's end, so that whoever hears of the answer finds it cut.
    if (commit.fate !== "pass" && commit.fate !== "silence") this.cut();
    commit.resolve(commit.tag);
  }

  #startAnswer(commit: AwaitedCommit): void {
    if (commit.hasBegun) return;
    commit.hasBegun = true;
    const { fate } = commit;
    if (fate === "silence" || fate === "reset") this.#isSilenced = true;
    else if (typeof fate === "object") this.#answerBytesLeft = fate.answerBytes;
  }

  #deliver(bytes: Buffer): void {
    if (this.#isSilenced || this.#client.destroyed) return;
    if (bytes.length < this.#answerBytesLeft) {
      this.#answerBytesLeft -= bytes.length;
      this.#client.write(bytes);
      return;
    }
    this.#isSilenced = true;
    this.#isEnding = true;
    this.#client.end(bytes.subarray(0, this.#answerBytesLeft));
  }

  #serverClosed(): void {
    this.#whenAllAnswered?.();
    for (const commit of this.#awaited.splice(0)) commit.resolve(commit.tag);
    if (!this.#isSilenced) this.#client.destroy();
    this.#proxy.forget(this);
  }

  /** Frees both sockets. */
  destroy(): void {
    this.#waiting = [];
    this.#client.destroy();
    this.#server.destroy();
  }
}

/** A proxy on a free port of 127.0.0.1. */
export class PgProxy {
  /** Takes the place of the database's URL. */
  readonly url: string;
  readonly #listener: Server;
  readonly #connections = new Set<ProxyConnection>();
  #rule: CommitRule = () => "pass";
  #listen: StatementListener = () => {};
  #commits = 0;

  constructor(listener: Server, targetUrl: string) {
    const url = new URL(targetUrl);
    const { hostname, port } = url;
    url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
    this.url = url.href;
    this.#listener = listener;
    listener.on("connection", (client: Socket) => {
      const server = connect(Number(port || 5432), hostname);
      for (const socket of [client, server]) socket.setNoDelay(true);
      this.#connections.add(new ProxyConnection(this, client, server));
    });
  }

  /** Connections whose server end is open. */
  get connections(): readonly ProxyConnection[] {
    return [...this.#connections];
  }

  /** COMMITs met so far, lost and held ones too. */
  get commits(): number {
    return this.#commits;
  }

  /** Decides about every COMMIT from now on. */
  onCommit(rule: CommitRule): void {
    this.#rule = rule;
  }

  /** Tells of every statement from now on, before the server sees it. */
  onStatement(listener: StatementListener): void {
    this.#listen = listener;
  }

  /** Cuts every connection. */
  cutAll(): void {
    for (const connection of this.connections) connection.cut();
  }

  /** For connections: a statement is about to be sent. */
  statementRuns(text: string, connection: ProxyConnection): void {
    this.#listen(text, connection);
  }

  /** For connections: asks the rule about a COMMIT. */
  fateOf(connection: ProxyConnection, answered: Promise<string | null>): CommitFate | Promise<CommitFate> {
    this.#commits += 1;
    return this.#rule({ number: this.#commits, connection, answered });
  }

  /** For connections: the server's end is closed. */
  forget(connection: ProxyConnection): void {
    this.#connections.delete(connection);
  }

  /** Takes no more connections and frees those that there are. */
  async close(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    this.#listener.close();
    await once(this.#listener, "close");
  }
}

/** Opens a proxy to the database at `targetUrl`. */
export async function openPgProxy(targetUrl: string): Promise<PgProxy> {
  const listener = createServer();
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return new PgProxy(listener, targetUrl);
}
