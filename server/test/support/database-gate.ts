/** A way to the database that can be closed: whoever goes through it is cut off, turned away, or left without answers. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Modes: open → shut (connections are refused) → open; open → silent (nothing gets through, nothing is closed) → open. */
export class DatabaseGate {
  readonly #target: URL;
  readonly #port: number;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #listener: Server;
  #isSilent = false;

  constructor(target: URL, listener: Server) {
    this.#target = target;
    this.#listener = listener;
    this.#port = (listener.address() as AddressInfo).port;
    listener.on("connection", (socket) => this.#enter(socket));
  }

  /** URL of the database through the gate. */
  get url(): string {
    const url = new URL(this.#target);
    url.host = `127.0.0.1:${this.#port}`;
    return url.href;
  }

  /** Cuts every connection and refuses new ones. */
  async shut(): Promise<void> {
    const closed = once(this.#listener, "close");
    this.#listener.close();
    this.#cutAll();
    await closed;
  }

  /** Lets through again; whoever was left without answers is cut off. */
  async open(): Promise<void> {
    this.#isSilent = false;
    this.#cutAll();
    if (this.#listener.listening) return;
    this.#listener = createServer((socket) => this.#enter(socket));
    this.#listener.listen(this.#port, "127.0.0.1");
    await once(this.#listener, "listening");
  }

  /** From now on nothing is passed on, in either direction; connections are taken and stay open. */
  silence(): void {
    this.#isSilent = true;
  }

  /** Frees the port for good. */
  async close(): Promise<void> {
    if (this.#listener.listening) await this.shut();
  }

  #enter(client: Socket): void {
    const server = connect(Number(this.#target.port || 5432), this.#target.hostname);
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [server, client] as const]) {
      from.on("data", (chunk) => void (this.#isSilent || to.write(chunk)));
      from.on("error", () => {});
      from.on("close", () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
    }
  }

  #cutAll(): void {
    for (const [client, server] of this.#pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
  }
}

/** Opens a gate to the database at `targetUrl`. */
export async function openDatabaseGate(targetUrl: string): Promise<DatabaseGate> {
  const listener = createServer();
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return new DatabaseGate(new URL(targetUrl), listener);
}
