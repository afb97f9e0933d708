/**
 * A map that is made smaller only when it is told to: entries that were not set since the turn before last are
 * forgotten then. So nothing that a group relies on goes away under its hands.
 */
export class Generations<Key, Value> {
  #younger = new Map<Key, Value>();
  #older = new Map<Key, Value>();

  get size(): number {
    return this.#younger.size + this.#older.size;
  }

  get(key: Key): Value | undefined {
    const value = this.#younger.get(key);
    return value === undefined && !this.#younger.has(key) ? this.#older.get(key) : value;
  }

  set(key: Key, value: Value): void {
    this.#younger.set(key, value);
  }

  delete(key: Key): void {
    this.#younger.delete(key);
    this.#older.delete(key);
  }

  clear(): void {
    this.#younger.clear();
    this.#older.clear();
  }

  /** Forgets the older half once there are more than `sizeMax` younger ones. */
  turn(sizeMax: number): void {
    if (this.#younger.size <= sizeMax) return;
    this.#older = this.#younger;
    this.#younger = new Map();
  }
}
