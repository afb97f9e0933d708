/** A binary heap: the least element first, by an order that is handed in. */
export class MinHeap<Element> {
  readonly #elements: Element[] = [];
  readonly #isLess: (a: Element, b: Element) => boolean;

  constructor(isLess: (a: Element, b: Element) => boolean) {
    this.#isLess = isLess;
  }

  get size(): number {
    return this.#elements.length;
  }

  get least(): Element | undefined {
    return this.#elements[0];
  }

  push(element: Element): void {
    const elements = this.#elements;
    let index = elements.push(element) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!this.#isLess(element, elements[above]!)) break;
      elements[index] = elements[above]!;
      index = above;
    }
    elements[index] = element;
  }

  pop(): Element | undefined {
    const elements = this.#elements;
    const least = elements[0];
    const last = elements.pop();
    if (last === undefined || elements.length === 0) return least;
    let index = 0;
    for (let below = 1; below < elements.length; below = 2 * index + 1) {
      if (below + 1 < elements.length && this.#isLess(elements[below + 1]!, elements[below]!)) below += 1;
      if (!this.#isLess(elements[below]!, last)) break;
      elements[index] = elements[below]!;
      index = below;
    }
    elements[index] = last;
    return least;
  }
}
