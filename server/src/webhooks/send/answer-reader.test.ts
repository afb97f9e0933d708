import { describe, expect, test } from "bun:test";
import { AnswerReader, answerLimits, BadAnswer } from "./answer-reader.ts";

function read(text: string, pieceBytes = text.length): AnswerReader {
  const reader = new AnswerReader();
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.subarray(at, at + pieceBytes));
  return reader;
}

describe.each([1, 7, 10_000])("in pieces of %d bytes", (pieceBytes) => {
  test.each([
    ["no body", "HTTP/1.1 204 No Content\r\n\r\n", 204, null],
    ["a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"],
    ["a length of zero", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, null],
    [
      "chunks",
      "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n",
      500,
      "abcde",
    ],
    [
      "something before it",
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok",
      202,
      "ok",
    ],
  ])("an answer with %s is read whole, and the connection lives on", (_what, text, status, excerpt) => {
    const reader = read(text, pieceBytes);
    expect(reader).toMatchObject({ isWhole: true, isReusable: true, status, excerpt });
  });

  test("without a length the body goes to the end of the connection", () => {
    const reader = read("HTTP/1.1 200 OK\r\nRetry-After: 7\r\n\r\nall of it", pieceBytes);
    expect(reader.isWhole).toBe(false);
    reader.end();
    expect(reader).toMatchObject({ isWhole: true, isReusable: false, excerpt: "all of it", retryAfter: "7" });
  });
});

test.each([
  ["Connection: close\r\nContent-Length: 0"],
  ["Content-Length: 3\r\nTransfer-Encoding: chunked"],
  ["Transfer-Encoding: gzip, chunked"],
])("a connection with %p is not used again", (fields) => {
  expect(read(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`).isReusable).toBe(false);
});

test("bytes behind an answer spoil the connection", () => {
  expect(read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").isReusable).toBe(false);
});

test("of a huge body only the start is kept, and the rest is not read", () => {
  const reader = read(`HTTP/1.1 500 X\r\nContent-Length: 9999999999\r\n\r\n${"x".repeat(100_000)}`);
  expect(reader).toMatchObject({ isWhole: true, isReusable: false });
  expect(reader.excerpt).toHaveLength(answerLimits.excerptBytesMax);
});

test("bytes that are no text take no more room than text", () => {
  const reader = read(`HTTP/1.1 500 X\r\nContent-Length: 2000\r\n\r\n${"\xff\0".repeat(1000)}`);
  expect(Buffer.byteLength(reader.excerpt!)).toBeLessThanOrEqual(answerLimits.excerptBytesMax);
  expect(reader.excerpt).not.toContain("\0");
});

test.each([
  ["SSH-2.0-OpenSSH_9.6\r\n\r\n"],
  ["HTTP/2 200\r\n\r\n"],
  ["HTTP/1.1 999 X\r\n\r\n"],
  ["HTTP/1.1 101 Switching\r\n\r\n"],
  ["HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"],
  ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
  [`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(5_000)}`],
])("%.40p is no answer", (text) => {
  expect(() => read(text)).toThrow(BadAnswer);
});

test("a connection that is closed before an answer brought none", () => {
  expect(() => read("HTTP/1.1 200").end()).toThrow(BadAnswer);
});
