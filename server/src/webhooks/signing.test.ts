/** Held against the reference implementation of Standard Webhooks. */
import { describe, expect, test } from "bun:test";
import { Webhook } from "standardwebhooks";
import { keyOfSecret, newSecret, signatureHeaders } from "./signing.ts";

const body = JSON.stringify({ type: "inventory.adjusted.v1", data: { reason: "Größe – 大" } });
const seconds = (): number => Math.floor(Date.now() / 1000);

function accepts(secret: string, text: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(text, headers);
    return true;
  } catch {
    return false;
  }
}

describe("a signature", () => {
  const secret = newSecret();
  const headers = signatureHeaders([keyOfSecret(secret)!], "mov_1", seconds(), body);

  test("is accepted by the reference verifier", () => {
    expect(accepts(secret, body, headers)).toBe(true);
  });

  test.each([
    ["a changed body", body.replace("Größe", "Größte"), {}],
    ["a body with a space more", `${body} `, {}],
    ["another id", body, { "webhook-id": "mov_2" }],
    ["another time", body, { "webhook-timestamp": String(seconds() - 1) }],
    ["an old time", body, { "webhook-timestamp": String(seconds() - 3600) }],
    ["another signature", body, { "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")}` }],
    ["another version", body, { "webhook-signature": headers["webhook-signature"]!.replace("v1,", "v2,") }],
  ])("is refused with %s", (_what, text, changed) => {
    expect(accepts(secret, text, { ...headers, ...changed })).toBe(false);
  });

  test("is refused under another secret", () => {
    expect(accepts(newSecret(), body, headers)).toBe(false);
  });
});

test("while two secrets live, either of them verifies", () => {
  const [before, after] = [newSecret(), newSecret()];
  const headers = signatureHeaders([keyOfSecret(after)!, keyOfSecret(before)!], "mov_1", seconds(), body);
  expect(headers["webhook-signature"]!.split(" ")).toHaveLength(2);
  expect(accepts(before, body, headers)).toBe(true);
  expect(accepts(after, body, headers)).toBe(true);
});

test.each([
  [`whsec_${Buffer.alloc(24, 1).toString("base64")}`, 24],
  [`whsec_${Buffer.alloc(64, 1).toString("base64")}`, 64],
  [`whsec_${Buffer.alloc(32, 1).toString("base64").replace(/=+$/, "")}`, 32],
])("%s is a secret", (secret, bytes) => {
  expect(keyOfSecret(secret)).toHaveLength(bytes);
});

test.each([
  [`whsec_${Buffer.alloc(23, 1).toString("base64")}`],
  [`whsec_${Buffer.alloc(65, 1).toString("base64")}`],
  [Buffer.alloc(32, 1).toString("base64")],
  [`whsec_${"*".repeat(40)}`],
  ["whsec_"],
])("%s is none", (secret) => {
  expect(keyOfSecret(secret)).toBeNull();
});
