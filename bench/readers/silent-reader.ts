import type { Socket } from "bun";
import { addressOf, type FeedReader, getRequest, type ReaderContext } from "./reader.ts";

/** Opens a stream, reads its first bytes and never any more. Opens another one when the server has closed it. */
export class SilentReader implements FeedReader {
  readonly #context: ReaderContext;
  #socket: Socket | null = null;

  constructor(context: ReaderContext) {
    this.#context = context;
  }

  async open(): Promise<void> {
    const { job } = this.#context;
    const { hostname, port } = addressOf(job);
    const opened = Promise.withResolvers<void>();
    this.#socket = await Bun.connect({
      hostname,
      port,
      socket: {
        data: (socket) => {
          socket.pause();
          opened.resolve();
        },
        close: (socket) => {
          if (this.#socket === socket) this.#lose("the connection was closed");
        },
        error: (_socket, error) => this.#lose(error.message),
      },
    });
    this.#socket.write(getRequest(job, "/v1/inventory/stream"));
    await opened.promise;
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.terminate();
  }

  #lose(cause: string): void {
    if (this.#socket === null) return;
    this.close();
    if (this.#context.onLost(cause)) this.open().catch(this.#context.onFailure);
  }
}
