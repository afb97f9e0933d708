import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { isSignedBy, type SignedPayload, signatureHeader } from "./signature.ts";

const body = Buffer.from('{"inventory_item_id":271878346596884015,"available":10}');
const secret = Buffer.from("hush");
const nowMs = Date.parse("2026-11-22T10:00:00Z");
const base64 = (key: string | Buffer, ...parts: (string | Buffer)[]): string => {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("base64");
};
const payload = (headers: Record<string, string>, fields: Partial<SignedPayload> = {}): SignedPayload => ({
  body,
  header: (name) => headers[name] ?? null,
  urls: ["https://example.com/webhook"],
  nowMs,
  ...fields,
});

describe.each(["shopify", "woocommerce"] as const)("%s", (scheme) => {
  const header = signatureHeader(scheme)!;
  const good = base64("hush", body);

  test("signs the bytes as they are", () => {
    expect(isSignedBy(scheme, [secret], payload({ [header]: good }))).toBe(true);
    expect(isSignedBy(scheme, [Buffer.from("older"), secret], payload({ [header]: good }))).toBe(true);
    const reformatted = Buffer.from(JSON.stringify(JSON.parse(body.toString())));
    expect(isSignedBy(scheme, [secret], payload({ [header]: good }, { body: reformatted }))).toBe(false);
  });

  test("nothing else will do", () => {
    for (const claimed of [
      "",
      good.slice(0, -1),
      `${good} `,
      good.replace("=", ""),
      Buffer.from(good, "base64").toString("hex"),
    ])
      expect(isSignedBy(scheme, [secret], payload({ [header]: claimed }))).toBe(false);
    expect(isSignedBy(scheme, [secret], payload({}))).toBe(false);
    expect(isSignedBy(scheme, [], payload({ [header]: good }))).toBe(false);
    expect(isSignedBy(scheme, [Buffer.alloc(0)], payload({ [header]: base64("", body) }))).toBe(false);
    expect(isSignedBy("none", [secret], payload({ [header]: good }))).toBe(false);
  });
});

test("Square signs the address with the bytes; the documented example holds", () => {
  const header = "x-square-hmacsha256-signature";
  const example = payload(
    { [header]: "2kRE5qRU2tR+tBGlDwMEw2avJ7QM4ikPYD/PJ3bd9Og=" },
    {
      body: Buffer.from('{"hello":"world"}'),
      urls: ["https://elsewhere.com", "https://example.com/webhook"],
    },
  );
  expect(isSignedBy("square", [Buffer.from("asdf1234")], example)).toBe(true);
  expect(isSignedBy("square", [Buffer.from("asdf1234")], { ...example, urls: ["https://elsewhere.com"] })).toBe(false);
  expect(isSignedBy("square", [secret], payload({ [header]: base64("hush", body) }))).toBe(false);
});

test("Standard Webhooks: as the reference library signs, within five minutes, any of several signatures", () => {
  const key = `whsec_${Buffer.from("a secret of some length").toString("base64")}`;
  const signed = (atMs: number, id = "msg_1") => ({
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(atMs / 1000)),
    "webhook-signature": new Webhook(key).sign("msg_1", new Date(atMs), body.toString()),
  });
  const secrets = [Buffer.from(key)];
  expect(isSignedBy("standard", secrets, payload(signed(nowMs)))).toBe(true);
  const several = { ...signed(nowMs), "webhook-signature": `v1a,xyz v1,bad ${signed(nowMs)["webhook-signature"]}` };
  expect(isSignedBy("standard", secrets, payload(several))).toBe(true);
  expect(isSignedBy("standard", secrets, payload(signed(nowMs, "msg_2")))).toBe(false);
  expect(isSignedBy("standard", secrets, payload(signed(nowMs - 301_000)))).toBe(false);
  expect(isSignedBy("standard", secrets, payload(signed(nowMs + 301_000)))).toBe(false);
  const { "webhook-timestamp": _, ...bare } = signed(nowMs);
  expect(isSignedBy("standard", secrets, payload(bare))).toBe(false);
});
