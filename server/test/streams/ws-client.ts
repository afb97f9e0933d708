/** A WebSocket client for tests: messages come one at a time, each held against its schema. */
import { expect } from "bun:test";
import { serverMessages } from "@onhand/protocol/stream-messages";
import { Check } from "../../src/host/validation.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into messages field by field and check what they find
type Message = any;

const checks = new Map(Object.entries(serverMessages).map(([type, schema]) => [type, new Check(schema)]));

export class WsClient {
  readonly #socket: WebSocket;
  readonly #messages: Message[] = [];
  #wake: () => void = () => {};
  /** Code and reason once it is closed. */
  closed: { readonly code: number; readonly reason: string } | null = null;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data as string);
      expect(checks.get(message.type)?.errors(message)).toEqual([]);
      this.#messages.push(message);
      this.#wake();
    };
    socket.onclose = ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    };
  }

  /** Connects, and reads the welcome unless the connection was closed at once. */
  static async open(url: string, headers: Record<string, string>, protocols = ["onhand.v1"]): Promise<WsClient> {
    const socket = new WebSocket(url.replace(/^http/, "ws"), { headers, protocols } as unknown as string[]);
    const client = new WsClient(socket);
    await client.#until(() => client.closed !== null || client.#messages.length > 0);
    if (client.#messages[0]?.type === "welcome") client.#messages.shift();
    return client;
  }

  send(message: object | string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(typeof message === "string" || message instanceof Uint8Array ? message : JSON.stringify(message));
  }

  /** The next message. @throws when the connection is closed first */
  async next(): Promise<Message> {
    await this.#until(() => this.#messages.length > 0 || this.closed !== null);
    const message = this.#messages.shift();
    if (message === undefined) throw new Error(`closed: ${JSON.stringify(this.closed)}`);
    return message;
  }

  /** Skips to the next message of a type. */
  async nextOf(type: string): Promise<Message> {
    for (;;) {
      const message = await this.next();
      if (message.type === type) return message;
    }
  }

  /** Sends a message and skips to the next one of a type. */
  ask(message: object, type: string): Promise<Message> {
    this.send(message);
    return this.nextOf(type);
  }

  /** Reads events until there are so many. */
  async events(count: number): Promise<Message[]> {
    const events: Message[] = [];
    while (events.length < count) events.push(...(await this.nextOf("events")).events);
    return events;
  }

  /** How it was closed. */
  async whenClosed(): Promise<{ code: number; reason: string }> {
    await this.#until(() => this.closed !== null);
    return this.closed!;
  }

  /** Messages that came and were not read. */
  get waiting(): readonly Message[] {
    return this.#messages;
  }

  close(): void {
    this.#socket.close();
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
