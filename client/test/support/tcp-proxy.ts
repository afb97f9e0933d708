/** Stands between client and server and loses answers on command. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  readonly url: string;
  /** The next answer of the server does not reach the client: its connection is reset instead. */
  loseNextAnswer(): void;
  /** Answers lost so far. */
  readonly lost: number;
  close(): Promise<void>;
}

/** Opens a proxy on a free port. @param port of the server, on 127.0.0.1 */
export async function openTcpProxy(port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let losesNext = false;
  let lost = 0;
  const listener = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    client.pipe(server);
    server.on("data", (chunk) => {
      if (!losesNext) {
        client.write(chunk);
        return;
      }
      losesNext = false;
      lost += 1;
      client.resetAndDestroy();
      server.destroy();
    });
    server.on("end", () => client.end());
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    loseNextAnswer() {
      losesNext = true;
    },
    get lost() {
      return lost;
    },
    async close() {
      const closed = once(listener, "close");
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
