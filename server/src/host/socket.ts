/** What a WebSocket is to the host and to the session behind it. */

export const socketLimits = {
  /** Largest message that is taken; a larger one closes the connection with 1009. */
  messageBytesMax: 256 * 1024,
  /** Unsent bytes at which Bun itself closes a connection; sessions close theirs long before. */
  backpressureBytesMax: 8 * 1024 * 1024,
} as const;

/** The other side's end of a connection. */
export interface ClientSocket {
  /** @returns false when the message waits for the client to read, or could not be taken any more */
  send(message: string | Uint8Array<ArrayBuffer>): boolean;
  /** Bytes that were sent and that the system has not taken yet. */
  readonly bufferedBytes: number;
  ping(): void;
  /** Closes at once: what is still buffered is lost. */
  close(code: number, reason: string): void;
}

/** What is behind a connection: told of everything that happens to it, in order. */
export interface SocketSession {
  opened(socket: ClientSocket): void;
  /** @param message null for a binary one */
  received(message: string | null): void;
  /** The client has read everything that was buffered. */
  drained(): void;
  ponged(): void;
  /** Nothing comes after it. */
  closed(): void;
}

/** The connection that a request came over. */
export interface Connection {
  /** Makes it a WebSocket. @returns false when the request is no handshake */
  upgrade(session: SocketSession, headers: Readonly<Record<string, string>>): boolean;
  /** The answer has ended: a caller that does not take the rest of it soon is cut off. */
  ending(): void;
}

/** For calls that came over no connection of their own. */
export const noConnection: Connection = { upgrade: () => false, ending: () => {} };
