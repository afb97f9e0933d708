import { expect, test } from "bun:test";
import { ProblemError } from "../../host/problem.ts";
import { tokenSigner } from "../../lib/signed-token.ts";
import { PageTokens } from "./page-token.ts";

const tokens = new PageTokens(tokenSigner(new Uint8Array(32)));
const filters = { status: "active", q: "soap" };
const cursor = tokens.next([3, "p1"], filters, "feed")!;

test("a listing goes on where its page ended, with the cursor of its first page", () => {
  expect(tokens.read({}, filters)).toEqual({ after: null, feedCursor: null });
  expect(tokens.read({ cursor }, filters)).toEqual({ after: [3, "p1"], feedCursor: "feed" });
  expect(tokens.next(null, filters, "feed")).toBeNull();
});

test("the order of its parameters does not matter, anything else about them does", () => {
  expect(tokens.read({ cursor }, { q: "soap", status: "active" }).after).toEqual([3, "p1"]);
  for (const other of [
    {},
    { q: "soap" },
    { q: "soap ", status: "active" },
    { ...filters, x: 1 },
    ["products", "active", "soap"],
  ])
    expect(() => tokens.read({ cursor }, other)).toThrow("other filters");
  const list = tokens.next(["p1"], ["products", "active", undefined], null)!;
  expect(tokens.read({ cursor: list }, ["products", "active", undefined]).after).toEqual(["p1"]);
  expect(() => tokens.read({ cursor: list }, ["active", "products", undefined])).toThrow("other filters");
});

test("a token that was not made here is refused", () => {
  const stranger = new PageTokens(tokenSigner(new Uint8Array(32).fill(1)));
  for (const token of ["", "x", `${cursor}A`, cursor.slice(1), stranger.next([1], filters, null)!]) {
    expect(() => tokens.read({ cursor: token }, filters)).toThrow(ProblemError);
    expect(() => tokens.read({ cursor: token }, filters)).toThrow("not a cursor of this server");
  }
});
