/**
 * PostgreSQL's wire protocol as far as the proxy must understand it: where messages begin and end, and which SQL text a
 * client's message makes the server run.
 */

/** One whole message. */
export interface Frame {
  /** The type letter; empty for the messages of a start-up, which have none. */
  readonly type: string;
  /** The message with its type and length. */
  readonly bytes: Buffer;
}

const lengthBytes = 4;
const sslRequestCode = 80877103;
const encryptionRequestCode = 80877104;
const startupVersion = 3;

/** Code or version of a message without a type. */
const codeOf = (frame: Frame): number => frame.bytes.readUInt32BE(lengthBytes);

/** True when the client asks for TLS or GSSAPI, which is answered with one letter. */
export const asksForEncryption = (frame: Frame): boolean =>
  frame.type === "" && [sslRequestCode, encryptionRequestCode].includes(codeOf(frame));

/** Cuts a stream of bytes into messages, however the network split and merged them. */
export class FrameParser {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #isTyped: boolean;

  /** @param sender a client begins with messages that have no type */
  constructor(sender: "client" | "server") {
    this.#isTyped = sender === "server";
  }

  /** Bytes of a message that is not complete yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** @returns the messages that these bytes complete, in order */
  push(chunk: Buffer): Frame[] {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame !== null; frame = this.#take()) {
      frames.push(frame);
      if (!this.#isTyped && codeOf(frame) >>> 16 === startupVersion) this.#isTyped = true;
    }
    return frames;
  }

  #take(): Frame | null {
    const headerBytes = lengthBytes + (this.#isTyped ? 1 : 0);
    if (this.#pendingBytes < headerBytes) return null;
    if (this.#pending[0]!.length < headerBytes) this.#merge();
    const size = this.#pending[0]!.readUInt32BE(headerBytes - lengthBytes) + headerBytes - lengthBytes;
    if (this.#pendingBytes < size) return null;
    if (this.#pending[0]!.length < size) this.#merge();
    const whole = this.#pending[0]!;
    const bytes = whole.subarray(0, size);
    this.#pending = size === whole.length ? this.#pending.slice(1) : [whole.subarray(size), ...this.#pending.slice(1)];
    this.#pendingBytes -= size;
    return { type: this.#isTyped ? String.fromCharCode(bytes[0]!) : "", bytes };
  }

  #merge(): void {
    this.#pending = [Buffer.concat(this.#pending)];
  }
}

/** Texts that end with a zero byte, one after the other, from the beginning of a typed message. */
function textsOf(frame: Frame, count: number): string[] {
  const texts: string[] = [];
  let from = lengthBytes + 1;
  while (texts.length < count) {
    const end = frame.bytes.indexOf(0, from);
    texts.push(frame.bytes.toString("utf8", from, end));
    from = end + 1;
  }
  return texts;
}

/** Follows a client's statements and portals, so that an execution can be told by its SQL text. */
export class StatementTracker {
  readonly #statements = new Map<string, string>();
  readonly #portals = new Map<string, string>();

  /** @returns the SQL text that this message of a client makes the server run; null when it runs none */
  textRunBy(frame: Frame): string | null {
    switch (frame.type) {
      case "Q":
        return textsOf(frame, 1)[0]!;
      case "P": {
        const [name, text] = textsOf(frame, 2);
        this.#statements.set(name!, text!);
        return null;
      }
      case "B": {
        const [portal, statement] = textsOf(frame, 2);
        this.#portals.set(portal!, this.#statements.get(statement!) ?? "");
        return null;
      }
      case "E":
        return this.#portals.get(textsOf(frame, 1)[0]!) ?? "";
      default:
        return null;
    }
  }
}

/** True for the SQL text of a COMMIT. */
export const isCommit = (text: string): boolean => /^\s*(commit|end)(\s+(work|transaction))?\s*;?\s*$/i.test(text);

/** True for a client's message that the server answers with one ReadyForQuery: query, sync, function call. */
export const isAnsweredWithReady = (frame: Frame): boolean => ["Q", "S", "F"].includes(frame.type);

/** @returns the command tag of a server's CommandComplete, null for any other message */
export const commandTagOf = (frame: Frame): string | null => (frame.type === "C" ? textsOf(frame, 1)[0]! : null);
