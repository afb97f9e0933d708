/**
 * A map that forgets its oldest entries: at least `sizeMin` newest ones are kept, at most twice as many.
 *
 * Two generations: when the younger one is full it becomes the older one, and what was older is forgotten at once. That
 * costs nothing per entry, where deleting the oldest key of a large map walks over all that were deleted before.
 */
export class BoundedMap<Key, Value> {
  readonly #sizeMin: number;
  #younger = new Map<Key, Value>();
  #older = new Map<Key, Value>();

  constructor(sizeMin: number) {
    this.#sizeMin = sizeMin;
  }

  get size(): number {
    return this.#younger.size + this.#older.size;
  }

  get(key: Key): Value | undefined {
    return this.#younger.get(key) ?? this.#older.get(key);
  }

  set(key: Key, value: Value): void {
    if (this.#younger.size >= this.#sizeMin && !this.#younger.has(key)) {
      this.#older = this.#younger;
      this.#younger = new Map();
    }
    this.#younger.set(key, value);
  }

  delete(key: Key): void {
    this.#younger.delete(key);
    this.#older.delete(key);
  }
}
