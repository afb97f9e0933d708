/** A receiver of webhooks: answers as it is told and keeps what came. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { certificate, certificateKey } from "./certificate.ts";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Answer = (received: Received, response: ServerResponse) => void;

export const accept: Answer = (_received, response) => void response.writeHead(204).end();

/** Answers with a status, headers and a body. */
export const answerWith =
  (status: number, headers: Record<string, string> = {}, body = ""): Answer =>
  (_received, response) =>
    void response.writeHead(status, headers).end(body);

export class Receiver {
  readonly received: Received[] = [];
  answer: Answer = accept;
  connections = 0;
  readonly #server: ReturnType<typeof createServer>;
  #arrived: (() => void)[] = [];

  private constructor(isTls: boolean) {
    const listener = (request: IncomingMessage, response: ServerResponse): void => this.#take(request, response);
    this.#server = isTls
      ? createTlsServer({ cert: certificate, key: certificateKey }, listener)
      : createServer(listener);
    this.#server.on("connection", () => {
      this.connections += 1;
    });
    this.#server.keepAliveTimeout = 60_000;
  }

  static async start(options: { host?: string; isTls?: boolean; port?: number } = {}): Promise<Receiver> {
    const receiver = new Receiver(options.isTls === true);
    const { promise, resolve } = Promise.withResolvers<void>();
    receiver.#server.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve);
    await promise;
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hooks`;
  }

  /** Waits until something holds of what has come. @throws after `limitMs` */
  async until(what: string, holds: (received: readonly Received[]) => boolean, limitMs = 20_000): Promise<void> {
    const deadlineMs = performance.now() + limitMs;
    while (!holds(this.received)) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) throw new Error(`${what}: not within ${limitMs} ms, ${this.received.length} came`);
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, Math.min(leftMs, 50));
      this.#arrived.push(resolve);
      await promise;
      clearTimeout(timer);
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const received = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(chunks).toString(),
      };
      this.received.push(received);
      this.answer(received, response);
      for (const wake of this.#arrived.splice(0)) wake();
    });
  }
}

/** Header with the number of a delivery. */
export const sequenceOf = ({ headers }: Received): number => Number(headers["webhook-sequence"]);
