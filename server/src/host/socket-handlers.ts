/** Bun's WebSockets as the sessions see them. */
import type { ClientSocket, SocketSession } from "./socket.ts";

const dropped = 0;
const waits = -1;

function clientSocket(socket: Bun.ServerWebSocket<SocketSession>): ClientSocket {
  return {
    send(message) {
      const status = socket.send(message);
      return status !== waits && status !== dropped;
    },
    get bufferedBytes() {
      return socket.getBufferedAmount();
    },
    ping: () => void socket.ping(),
    close: (code, reason) => socket.close(code, reason),
  };
}

/** Hands everything on to the session that the connection was opened for. */
export const socketHandlers: Pick<
  Bun.WebSocketHandler<SocketSession>,
  "open" | "message" | "drain" | "pong" | "close"
> = {
  open: (socket) => socket.data.opened(clientSocket(socket)),
  message: (socket, message) => socket.data.received(typeof message === "string" ? message : null),
  drain: (socket) => socket.data.drained(),
  pong: (socket) => socket.data.ponged(),
  close: (socket) => socket.data.closed(),
};
