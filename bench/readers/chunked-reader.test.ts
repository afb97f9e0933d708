import { expect, test } from "bun:test";
import { ChunkedReader } from "./chunked-reader.ts";

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

function read(pieces: readonly string[]): { text: string; isOpen: boolean } {
  let text = "";
  let isOpen = true;
  const reader = new ChunkedReader((bytes) => {
    text += bytes.toString();
  });
  for (const piece of pieces) isOpen = reader.feed(Buffer.from(piece));
  return { text, isOpen };
}

test("chunks come out whole, whatever pieces they arrive in", () => {
  const response = `${HEAD}5\r\nhello\r\n10\r\n, world, and all\r\n`;
  for (const size of [1, 3, 11, response.length]) {
    const pieces = response.match(new RegExp(`[^]{1,${size}}`, "g"))!;
    expect(read(pieces)).toEqual({ text: "hello, world, and all", isOpen: true });
  }
});

test("the last chunk ends the stream", () => {
  expect(read([`${HEAD}2\r\nhi\r\n0\r\n\r\n`])).toEqual({ text: "hi", isOpen: false });
});

test("a refusal and an answer without chunks are errors", () => {
  expect(() => read(["HTTP/1.1 401 Unauthorized\r\n\r\n{}"])).toThrow("refused");
  expect(() => read(["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"])).toThrow("chunks");
});
