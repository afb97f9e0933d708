import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  asksForEncryption,
  commandTagOf,
  type Frame,
  FrameParser,
  isAnsweredWithReady,
  isCommit,
  StatementTracker,
} from "./pg-proxy-frames.ts";

function untyped(code: number, rest = ""): Buffer {
  const body = Buffer.from(rest);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length, 0);
  head.writeUInt32BE(code, 4);
  return Buffer.concat([head, body]);
}

function typed(type: string, body: Buffer | string = ""): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(4 + bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

const frame = (bytes: Buffer): Frame => ({ type: String.fromCharCode(bytes[0]!), bytes });
const startup = untyped(196_608, "user\0onhand\0\0");
const sslRequest = untyped(80_877_103);

/** Cuts bytes at the given places. */
function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
}

test("a client's messages come out whole, however they were split and merged", () => {
  const letters = fc.constantFrom("Q", "P", "B", "D", "E", "S", "X", "p");
  const message = fc.record({ type: letters, body: fc.uint8Array({ maxLength: 300 }) });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 20 }), (messages, cuts) => {
      const sent = [sslRequest, startup, ...messages.map(({ type, body }) => typed(type, Buffer.from(body)))];
      const parser = new FrameParser("client");
      const frames = split(Buffer.concat(sent), cuts).flatMap((chunk) => parser.push(chunk));
      expect(frames.map(({ bytes }) => bytes.toString("hex"))).toEqual(sent.map((bytes) => bytes.toString("hex")));
      expect(frames.map(({ type }) => type)).toEqual(["", "", ...messages.map(({ type }) => type)]);
      expect(parser.pendingBytes).toBe(0);
    }),
  );
});

test("a server's messages have a type from the first one on", () => {
  const parser = new FrameParser("server");
  const ready = typed("Z", "I");
  const [authentication] = parser.push(Buffer.concat([typed("R", Buffer.alloc(4)), ready.subarray(0, 3)]));
  expect(authentication?.type).toBe("R");
  expect(parser.pendingBytes).toBe(3);
  expect(parser.push(ready.subarray(3))).toEqual([{ type: "Z", bytes: ready }]);
});

test("a request for encryption is known and leaves the start-up to come", () => {
  const parser = new FrameParser("client");
  const [request, gss] = parser.push(Buffer.concat([sslRequest, untyped(80_877_104)]));
  expect([asksForEncryption(request!), asksForEncryption(gss!)]).toEqual([true, true]);
  const [start, query] = parser.push(Buffer.concat([startup, typed("Q", "SELECT 1\0")]));
  expect(asksForEncryption(start!)).toBe(false);
  expect(query?.type).toBe("Q");
});

test("what is executed is known from a query, and from a statement and its portal", () => {
  const tracker = new StatementTracker();
  const run = (bytes: Buffer) => tracker.textRunBy(frame(bytes));
  expect(run(typed("Q", "COMMIT\0"))).toBe("COMMIT");
  expect(run(typed("P", "s1\0SELECT é\0\0\0"))).toBeNull();
  expect(run(typed("P", "\0COMMIT\0\0\0"))).toBeNull();
  expect(run(typed("B", "p1\0s1\0\0\0\0\0\0\0"))).toBeNull();
  expect(run(typed("B", "\0\0\0\0\0\0\0\0"))).toBeNull();
  expect(run(typed("E", "p1\0\0\0\0\0"))).toBe("SELECT é");
  expect(run(typed("E", "\0\0\0\0\0"))).toBe("COMMIT");
  expect(run(typed("S"))).toBeNull();
});

test("a COMMIT is told from what only looks like one", () => {
  expect(["COMMIT", " commit;", "END", "Commit work"].every(isCommit)).toBe(true);
  expect(["COMMIT PREPARED 'x'", "SELECT 'COMMIT'", "ROLLBACK", ""].some(isCommit)).toBe(false);
});

test("answers are counted by query and sync, and tell their command", () => {
  expect(["Q", "S", "F", "P", "E"].map((type) => isAnsweredWithReady({ type, bytes: typed(type) }))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(commandTagOf(frame(typed("C", "INSERT 0 3\0")))).toBe("INSERT 0 3");
  expect(commandTagOf(frame(typed("Z", "T")))).toBeNull();
});
