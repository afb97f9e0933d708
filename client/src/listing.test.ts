import { expect, test } from "bun:test";
import { failureOf, json, problem, scripted } from "../test/support/scripted-client.ts";

const page = (ids: readonly string[], nextCursor: string | null, feedCursor = "feed-1") =>
  json({ data: ids.map((inventoryId) => ({ inventoryId })), nextCursor }, { "onhand-cursor": feedCursor });

test("a listing goes through all pages with the same filters", async () => {
  const { client, sent } = scripted([page(["a", "b"], "next"), page([], "last"), page(["c"], null)]);
  const listing = client.all.listInventory({ locationId: "l1" });
  expect(listing.cursor).toBeNull();
  const ids: string[] = [];
  for await (const { inventoryId } of listing) ids.push(inventoryId);
  expect(ids).toEqual(["a", "b", "c"]);
  expect(listing.cursor).toBe("feed-1");
  expect(sent.map(({ url }) => url.search)).toEqual([
    "?locationId=l1",
    "?locationId=l1&cursor=next",
    "?locationId=l1&cursor=last",
  ]);
});

test("pages are fetched only when they are needed", async () => {
  const { client, sent } = scripted([page(["a", "b"], "next")]);
  for await (const { inventoryId } of client.all.listLocationInventory("l1")) if (inventoryId === "b") break;
  expect(sent).toHaveLength(1);
});

test("a page that is refused ends the listing with the refusal", async () => {
  const { client } = scripted([page(["a"], "next"), problem(403, "forbidden")]);
  const items = client.all.listInventory()[Symbol.asyncIterator]();
  expect(await items.next()).toMatchObject({ value: { inventoryId: "a" } });
  expect(await failureOf(items.next())).toMatchObject({ code: "forbidden" });
});
