/**
 * Cursors: places in the change feed, opaque and signed. A cursor is a position vector that only this installation can
 * make; the same one is valid on every transport and every server.
 */
import { decodeVector, encodeVector, type PositionVector } from "../core/record/position-vector.ts";
import type { TokenSigner } from "../lib/signed-token.ts";

const purpose = "onhand/cursor/1";

export class CursorCodec {
  readonly #signer: TokenSigner;
  /** All commands of a group share one vector, so its cursor is made once. */
  readonly #made = new WeakMap<Uint8Array, string>();

  constructor(signer: TokenSigner) {
    this.#signer = signer;
  }

  /** @param encoded bytes of a position vector */
  fromBytes(encoded: Uint8Array): string {
    let cursor = this.#made.get(encoded);
    if (cursor === undefined) {
      cursor = this.#signer.seal(purpose, encoded);
      this.#made.set(encoded, cursor);
    }
    return cursor;
  }

  fromVector(vector: PositionVector): string {
    return this.#signer.seal(purpose, encodeVector(vector));
  }

  /** @returns null when the cursor is forged, foreign or damaged */
  parse(cursor: string): PositionVector | null {
    const payload = this.#signer.open(purpose, cursor);
    return payload === null ? null : decodeVector(payload);
  }
}
