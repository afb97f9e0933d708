/** A connection that is held by hand: it reads only when told to, and answers nothing by itself. */
import { connect, type Socket } from "node:net";

export class RawClient {
  readonly #socket: Socket;
  #text = "";
  #wake: () => void = () => {};
  isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.#text += text;
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  /** Connects and sends. */
  static async open(port: number, request: string): Promise<RawClient> {
    const socket = connect(port, "127.0.0.1");
    const client = new RawClient(socket);
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    socket.write(request);
    return client;
  }

  /** Sends a GET. */
  static get(port: number, path: string, apiKey: string, headers: readonly string[] = []): Promise<RawClient> {
    const lines = [`GET ${path} HTTP/1.1`, "Host: localhost", `Authorization: Bearer ${apiKey}`, ...headers];
    return RawClient.open(port, `${lines.join("\r\n")}\r\n\r\n`);
  }

  /** Opens a WebSocket, without ever answering a ping. */
  static async webSocket(port: number, apiKey: string): Promise<RawClient> {
    const client = await RawClient.get(port, "/v1/inventory/ws", apiKey, [
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Protocol: onhand.v1",
    ]);
    await client.until((text) => text.includes("welcome"));
    return client;
  }

  /** Sends a short text message as a masked frame. */
  sendMessage(message: object): void {
    const payload = Buffer.from(JSON.stringify(message));
    if (payload.length > 125) throw new Error("longer than a short frame");
    const mask = [1, 2, 3, 4];
    const masked = payload.map((byte, index) => byte ^ mask[index % 4]!);
    this.#socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, ...mask]), masked]));
  }

  get text(): string {
    return this.#text;
  }

  stopReading(): void {
    this.#socket.pause();
  }

  readOn(): void {
    this.#socket.resume();
  }

  /** Resolves when what came so far satisfies; also when the connection is closed. */
  async until(isEnough: (text: string) => boolean): Promise<void> {
    while (!isEnough(this.#text) && !this.isClosed) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  close(): void {
    this.#socket.destroy();
  }
}
