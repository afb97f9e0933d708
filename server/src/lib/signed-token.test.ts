import { expect, test } from "bun:test";
import fc from "fast-check";
import { tokenSigner } from "./signed-token.ts";

const signer = tokenSigner(new Uint8Array(32).fill(1));
const payload = fc.uint8Array({ minLength: 1, maxLength: 200 });

test("what was sealed is opened, and looks fit for a URL", () => {
  fc.assert(
    fc.property(payload, (bytes) => {
      const token = signer.seal("a", bytes);
      expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
      expect([...signer.open("a", token)!]).toEqual([...bytes]);
    }),
  );
});

test("any other text is refused: changed, cut, lengthened, of another purpose or secret", () => {
  const stranger = tokenSigner(new Uint8Array(32).fill(2));
  fc.assert(
    fc.property(payload, fc.nat(), fc.constantFrom("A", "B", "-", "_", "="), (bytes, place, letter) => {
      const token = signer.seal("a", bytes);
      const at = place % token.length;
      const changed = token.slice(0, at) + letter + token.slice(at + 1);
      if (changed !== token) expect(signer.open("a", changed)).toBeNull();
      expect(signer.open("a", token + letter)).toBeNull();
      expect(signer.open("a", token.slice(0, at))).toBeNull();
      expect(signer.open("b", token)).toBeNull();
      expect(stranger.open("a", token)).toBeNull();
    }),
  );
});

test.each(["", "=", "AAAA", "A".repeat(21), "A".repeat(22), "é", "a b", "\0"])("%p is no token", (text) => {
  expect(signer.open("a", text)).toBeNull();
});

test("a purpose cannot run into the payload", () => {
  const token = signer.seal("a", Buffer.from("\0b"));
  expect(signer.open("a\0", token)).toBeNull();
});
