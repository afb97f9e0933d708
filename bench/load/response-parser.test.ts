import { expect, test } from "bun:test";
import { ResponseFormatError, ResponseParser } from "./response-parser.ts";

const RESPONSE = 'HTTP/1.1 200 OK\r\nX-Request-Id: abc\r\ncontent-LENGTH: 13\r\n\r\n{"applied":2}';

test("a whole response in one piece", () => {
  const parser = new ResponseParser(true);
  expect(parser.feed(Buffer.from(RESPONSE))).toBe(true);
  expect(parser.status).toBe(200);
  expect(parser.body.toString()).toBe('{"applied":2}');
});

test("the same response cut at every possible place", () => {
  for (let cut = 1; cut < RESPONSE.length; cut++) {
    const parser = new ResponseParser(true);
    expect(parser.feed(Buffer.from(RESPONSE.slice(0, cut)))).toBe(false);
    expect(parser.feed(Buffer.from(RESPONSE.slice(cut)))).toBe(true);
    expect(parser.body.toString()).toBe('{"applied":2}');
  }
});

test("byte by byte, with the socket's buffer reused in between", () => {
  const parser = new ResponseParser(true);
  const shared = Buffer.alloc(1);
  let complete = false;
  for (const byte of Buffer.from(RESPONSE)) {
    shared[0] = byte;
    complete = parser.feed(shared);
  }
  expect(complete).toBe(true);
  expect(parser.body.toString()).toBe('{"applied":2}');
});

test("responses one after the other, with and without a body", () => {
  const parser = new ResponseParser(false);
  expect(parser.feed(Buffer.from("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"))).toBe(true);
  expect(parser.status).toBe(503);
  expect(parser.feed(Buffer.from("HTTP/1.1 204 No Content\r\n\r\n"))).toBe(true);
  expect(parser.status).toBe(204);
  expect(parser.feed(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))).toBe(true);
});

test("what it cannot measure is refused loudly", () => {
  const refused = [
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
    "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2\r\n\r\n",
  ];
  for (const text of refused) {
    expect(() => new ResponseParser(false).feed(Buffer.from(text))).toThrow(ResponseFormatError);
  }
});
