/** The examples of orders and counts, run as they are, and the command line beside them. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join, resolve } from "node:path";
import { createEmptyDatabase } from "../../server/test/support/database.ts";
import {
  runCommand,
  type ServerProcess,
  startServer,
  stopAll,
  until,
} from "../../server/test/support/server-process.ts";

const examples = resolve(import.meta.dir, "../../examples");
const apiKey = "an-admin-key-for-tests";
let database: { url: string; drop(): Promise<void> };
let server: ServerProcess;

beforeAll(async () => {
  database = await createEmptyDatabase();
  server = await startServer({ databaseUrl: database.url, settings: { ONHAND_ALLOW_UNSAFE_DATABASE: "true" } });
  await server.expect("POST", "/v1/locations", { locationId: "shop", name: "Shop", type: "store", groups: ["eu"] });
  await server.expect("POST", "/v1/locations", { locationId: "warehouse", name: "Warehouse", type: "warehouse" });
}, 60_000);
afterAll(async () => {
  await stopAll();
  await database.drop();
}, 60_000);

/** A product with units in the shop. */
async function stocked(sku: string, units: number): Promise<void> {
  await server.expect("POST", "/v1/products", { productId: sku.toLowerCase(), sku, name: sku });
  await server.expect("POST", "/v1/inventory", { sku, locationId: "shop", adjustment: units });
}

/** Runs an example to its end. @returns what it printed, line by line */
async function run(program: string, ...options: readonly string[]): Promise<string[]> {
  const env = { PATH: process.env.PATH ?? "", ONHAND_URL: server.url, ONHAND_API_KEY: apiKey };
  const command = [process.execPath, join(examples, program), ...options];
  const child = Bun.spawn(command, { env, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const [text, code] = await Promise.all([child.stdout.text(), child.exited]);
  expect(code).toBe(0);
  return text.trimEnd().split("\n");
}

/** Runs a command against the server. */
async function onhand(...args: readonly string[]): Promise<string> {
  const { code, out, errors } = await runCommand([...args, "--url", server.url, "--key", apiKey]);
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  return out;
}

const idIn = (text: string): string => /\b(?:res|trf|sup|cnt)_[0-9a-z]+/.exec(text)![0];

test("the checkout holds, pays and sells; the next buyer of the last unit is told that it is gone", async () => {
  await stocked("LAST", 1);
  const [held, paid, sold] = await run("checkout.ts", "LAST", "shop", "buyer-1");
  expect(held).toMatch(/^held until \d{4}-/);
  expect(paid).toBe("payment: paid");
  expect(sold).toBe("sold 1 of LAST; 0 left");
  expect(await run("checkout.ts", "LAST", "shop", "buyer-2")).toEqual([
    expect.stringMatching(/^sold out: 1 asked for, 0 available/),
  ]);
}, 60_000);

test("the newer cart of a buyer takes the place of the older one", async () => {
  await stocked("CART", 1);
  await server.expect("POST", "/v1/reservations", {
    lines: [{ sku: "CART", locationId: "shop", quantity: 1 }],
    buyer: "buyer-3",
  });
  const shown = await run("checkout.ts", "CART", "shop", "buyer-3");
  expect(shown[0]).toMatch(/^held until .*, in place of the older cart$/);
  expect(shown[2]).toBe("sold 1 of CART; 0 left");
}, 60_000);

test("the transfer goes from shop to shop, and what never arrives is lost", async () => {
  await stocked("MOVED", 10);
  const shown = await run("shop-transfer.ts", "MOVED", "shop", "warehouse", "4");
  expect(
    shown.slice(0, 5).map((line) => line.replace(/^.*? {2,}/, "").replace(/^second parcel, one missing /, "")),
  ).toEqual([
    "shop: 10 available, 0 incoming; warehouse: 0 available, 0 incoming",
    "shop: 6 available, 0 incoming; warehouse: 0 available, 0 incoming",
    "shop: 6 available, 0 incoming; warehouse: 0 available, 4 incoming",
    "shop: 6 available, 0 incoming; warehouse: 1 available, 3 incoming",
    "shop: 6 available, 0 incoming; warehouse: 3 available, 0 incoming",
  ]);
  expect(shown[5]).toMatch(/^trf_\S+ is received: .*"end":"lost"/);
}, 60_000);

test("the stocktake nets out what is sold meanwhile, and contains what comes late", async () => {
  await stocked("COUNTED", 10);
  expect(await run("count.ts", "COUNTED", "shop")).toEqual([
    "10 of COUNTED by the book",
    "9 counted; nothing has moved yet",
    "2 sold meanwhile: 8 by the book",
    "10 were expected at the moment of the count, so it differs by -1",
    "posted: 7 on hand, which is 9 counted less 2 sold since",
    "a sale of before the count comes late: 7 on hand, for the count contains it",
  ]);
}, 60_000);

test("reservations, transfers and supplies on the command line", async () => {
  await stocked("CLI", 20);
  const hold = ["hold", "CLI=3", "--location", "shop", "--ttl", "15m", "--reference", "cart-81"];
  const reservation = idIn(await onhand("reservations", ...hold));
  expect(await onhand("reservations", "--phase", "held")).toContain("cart-81");
  expect(await onhand("reservations", "pay", reservation)).toMatch(/ {2}paying until /);
  expect(await onhand("reservations", "commit", reservation, "1=2")).toMatch(/\n +1 +CLI +shop +3 +1 +2 +0 +–/);
  expect(await onhand("reservations", "release", reservation)).toContain("released");

  await server.expect("POST", "/v1/channels", { channelId: "till", name: "Till", locations: ["shop"] });
  const sold = ["hold", "CLI=2", "--channel", "till", "--buyer", "ann"];
  const dry = await onhand("reservations", ...sold, "--dry-run", "yes");
  expect(dry).toMatch(/^Nothing is held; .*\nres_\S+ {2}held/);
  expect(await onhand("reservations", "--buyer", "ann")).toBe("There is none.\n");
  const late = idIn(await onhand("reservations", ...sold, "--ttl", "1s"));
  await until("it has ended", async () => (await onhand("reservations", "show", late)).includes("expired"));
  expect(await onhand("reservations", "commit", late, "--if-expired", "retake")).toMatch(/ {2}committed/);
  expect(await onhand("reservations", "--buyer", "ann")).toContain(late);

  const request = ["request", "CLI=5", "--from", "shop", "--to", "warehouse"];
  const transfer = idIn(await onhand("transfers", ...request));
  await onhand("transfers", "ship", transfer);
  expect(await onhand("supplies", "incoming", "--location", "warehouse")).toContain(transfer);
  expect(await onhand("transfers", "receive", transfer, "1=4", "--close", "yes")).toMatch(
    /received {2}shop → warehouse/,
  );

  const announce = ["announce", "CLI=7", "--location", "shop", "--reference", "PO-1"];
  const supply = idIn(await onhand("supplies", ...announce));
  expect(await onhand("supplies", "receive", supply)).toMatch(/ {2}received {2}PO-1 to shop/);
  expect(await onhand("supplies", "--status", "expected")).toBe("There is none.\n");
}, 120_000);

test("a stocktake on the command line", async () => {
  await stocked("SHELF", 12);
  const session = idIn(await onhand("counts", "open", "--location", "shop", "--reference", "STK-1"));
  expect(await onhand("counts", "add", session, "SHELF=11")).toMatch(/^1 added, 0 replaced\n/);
  expect(await onhand("counts", "add", session, "SHELF=10")).toMatch(/^0 added, 1 replaced\n/);
  await server.expect("POST", "/v1/inventory", { sku: "SHELF", locationId: "shop", adjustment: -1, type: "sale" });
  expect(await onhand("counts", "variance", session)).toMatch(
    /^10 counted, 12 expected: 0 more here, 2 fewer there, in 1 lines; .*\n.*\nSHELF +10 +12 +-2 +-1 /,
  );
  expect(await onhand("counts", "--status", "open")).toContain("STK-1");
  expect(await onhand("counts", "post", session)).toMatch(
    / {2}posted {2}shop {2}STK-1 {2}1 lines, 0 pending\n1 applied/,
  );
  expect(await onhand("counts", "show", session)).toMatch(/\n +1 +SHELF +10 .* applied /);
  const levels = await server.expect<{ data: object[] }>("GET", "/v1/inventory?sku=SHELF");
  expect(levels.data).toMatchObject([{ stockLevel: 9 }]);

  const other = idIn(await onhand("counts", "open", "--location", "shop", "--blind", "yes"));
  expect(await onhand("counts", "cancel", other)).toMatch(/ {2}cancelled {2}shop {2}blind /);
}, 120_000);

test("channels and what they may sell on the command line", async () => {
  await stocked("SOLD", 8);
  const channel = { channelId: "market", name: "Marketplace", locationGroups: ["eu"], products: ["sold"], buffer: 3 };
  await server.expect("POST", "/v1/channels", channel);
  expect(await onhand("channels")).toMatch(/^channelId .*\nmarket +active +Marketplace +eu +3/);
  const shown = "market  active  Marketplace\n  sells from groups eu\n  sells 1 products\n  buffer 3\n";
  expect(await onhand("channels", "show", "market")).toBe(shown);
  await until("its numbers are made", async () => /sold +SOLD +5/.test(await onhand("channels", "stock", "market")));
  expect(await onhand("channels", "stock", "market", "--below", "5")).toBe("There is none.\n");
}, 60_000);

test("reviews are listed and resolved on the command line", async () => {
  await stocked("OVER", 2);
  const sale = { sku: "OVER", locationId: "shop", adjustment: -3, type: "sale", allowNegative: true };
  await server.expect("POST", "/v1/inventory", sale);
  let listed = "";
  await until("it is listed", async () => {
    listed = await onhand("reviews", "--kind", "oversold");
    return listed.includes("OVER");
  });
  const movementId = /^(mov_\S+) .*OVER/m.exec(listed)![1]!;
  const resolve = ["resolve", movementId, "--note", "more came in"];
  expect(await onhand("reviews", ...resolve)).toBe(`${movementId}  resolved  more came in\n`);
  expect(await onhand("reviews", "--state", "resolved")).toContain("more came in");
}, 60_000);

test.each([
  [["counts", "open"], "--location"],
  [["counts", "add", "cnt_1"], "add ID SKU=QUANTITY"],
  [["counts", "recount"], "list, open, add, show, variance, post, cancel"],
  [["reviews", "resolve", "mov_1"], "--note"],
  [["channels", "stock"], "stock ID"],
  [["channels", "stock", "market", "--below", "few"], "--below"],
])("%j says how it is used", async (args, advice) => {
  const { code, errors } = await runCommand(args);
  expect({ code, errors }).toEqual({ code: 2, errors: expect.stringContaining(advice) });
});
