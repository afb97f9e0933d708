import { expect, test } from "bun:test";
import { ProblemError } from "../../host/problem.ts";
import { filterOfQuery } from "./feed-place.ts";

const names = ["productId", "sku", "locationId", "locationGroup", "channelId", "types"] as const;

const problemOf = (query: Record<string, string>): ProblemError => {
  try {
    filterOfQuery(query);
  } catch (error) {
    if (error instanceof ProblemError) return error;
  }
  throw new Error("it was taken");
};

test.each(names)("a filter by %s that names nothing is refused, for it would let everything pass", (name) => {
  for (const text of ["", ",", ",,,"]) {
    const { status, message, fields } = problemOf({ [name]: text });
    expect(status).toBe(400);
    expect(message).toContain(`${name} names nothing`);
    expect(fields.errors).toEqual([{ pointer: `/${name}`, message: "names nothing" }]);
  }
});

test("lists are taken apart at commas, and what is left out filters nothing", () => {
  expect(filterOfQuery({ channelId: "web,market", productId: "a," })).toMatchObject({
    channelIds: ["web", "market"],
    productIds: ["a"],
    skus: [],
    types: [],
  });
});
