import { describe, expect, test } from "bun:test";
import { createHmac, randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { verifyWebhook } from "./verify.ts";

const secretOf = (bytes: Buffer) => `whsec_${bytes.toString("base64")}`;
const one = randomBytes(32);
const other = randomBytes(32);
const nowMs = 1_800_000_000_000;
const body = JSON.stringify({ id: "mov_1", type: "inventory.adjusted.v1", data: { cursor: "c", reason: "é" } });

/** Signed as the standard says: HMAC of id, time and body with the bytes behind `whsec_`. */
function signed(secrets: readonly Buffer[], text = body, id = "mov_1", seconds = nowMs / 1000) {
  const signatures = secrets.map(
    (secret) => `v1,${createHmac("sha256", secret).update(`${id}.${seconds}.${text}`).digest("base64")}`,
  );
  return {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": signatures.join(" "),
    "webhook-sequence": "7",
    "webhook-feed-cursor": "c",
  };
}
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    ({ code, name }) => code ?? name,
  );

describe("a webhook", () => {
  test("that was signed with the secret is accepted, whatever holds its headers", async () => {
    const headers = signed([one]);
    const accepted = await verifyWebhook(body, headers, secretOf(one), { nowMs });
    expect(accepted).toMatchObject({ id: "mov_1", sequence: 7, cursor: "c", event: { type: "inventory.adjusted.v1" } });
    expect(accepted.supersedes).toEqual([]);
    const latest = { ...headers, "webhook-supersedes": "5,6" };
    expect((await verifyWebhook(body, latest, secretOf(one), { nowMs })).supersedes).toEqual([5, 6]);
    expect(accepted.sentAt.getTime()).toBe(nowMs);
    await verifyWebhook(new TextEncoder().encode(body), new Headers(headers), [secretOf(one)], { nowMs });
    const capitals = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]));
    await verifyWebhook(body, capitals, secretOf(one), { nowMs });
  });

  test("that the reference implementation of the standard signed is accepted", async () => {
    const signature = new Webhook(secretOf(one)).sign("mov_1", new Date(nowMs), body);
    const headers = { ...signed([one]), "webhook-signature": signature };
    await verifyWebhook(body, headers, secretOf(one), { nowMs });
    expect(await refusal(verifyWebhook(`${body} `, headers, secretOf(one), { nowMs }))).toBe("signature_wrong");
  });

  test("is accepted while secrets rotate on either side", async () => {
    await verifyWebhook(body, signed([one, other]), secretOf(other), { nowMs });
    await verifyWebhook(body, signed([one]), [secretOf(other), secretOf(one)], { nowMs });
  });

  test("is refused when body, id, time or signature are not those that were signed", async () => {
    const headers = signed([one]);
    const check = (text: string, changed: object, secret = one) =>
      refusal(verifyWebhook(text, { ...headers, ...changed }, secretOf(secret), { nowMs }));
    expect(await check(body, {})).toBe("accepted");
    expect(await check(`${body} `, {})).toBe("signature_wrong");
    expect(await check(body, { "webhook-id": "mov_2" })).toBe("signature_wrong");
    expect(await check(body, { "webhook-timestamp": String(nowMs / 1000 + 1) })).toBe("signature_wrong");
    expect(await check(body, { "webhook-signature": "v1,AAAA" })).toBe("signature_wrong");
    expect(await check(body, { "webhook-signature": "v1,%%% v2,x" })).toBe("signature_wrong");
    expect(await check(body, { "webhook-signature": headers["webhook-signature"].replace("v1,", "v1a,") })).toBe(
      "signature_wrong",
    );
    expect(await check(body, {}, other)).toBe("signature_wrong");
  });

  test("is refused when it is too old, comes from the future, or lacks its headers", async () => {
    const at = (seconds: number) =>
      refusal(
        verifyWebhook(body, signed([one], body, "mov_1", seconds), secretOf(one), { nowMs, toleranceSeconds: 60 }),
      );
    expect(await at(nowMs / 1000 - 60)).toBe("accepted");
    expect(await at(nowMs / 1000 - 61)).toBe("too_old");
    expect(await at(nowMs / 1000 + 61)).toBe("too_new");
    expect(await refusal(verifyWebhook(body, {}, secretOf(one)))).toBe("headers_missing");
    expect(await refusal(verifyWebhook("no json", signed([one], "no json"), secretOf(one), { nowMs }))).toBe(
      "body_unreadable",
    );
  });

  test("cannot be verified without a usable secret", async () => {
    for (const secrets of [[], "whsec_", "whsec_%%%"])
      expect(await refusal(verifyWebhook(body, signed([one]), secrets, { nowMs }))).toBe("TypeError");
  });
});
