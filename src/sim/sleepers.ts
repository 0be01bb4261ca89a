// Who waits for which instant: a binary heap in which each sleeper knows its place, so that one that is woken early leaves
// at once, without a search and without a trace.

export interface Sleeper {
  readonly at: number;
  /** Rises with each sleep: decides between equal instants. */
  readonly order: number;
  readonly wake: () => void;
}

interface Node {
  readonly sleeper: Sleeper;
  place: number;
}

export class Sleepers {
  readonly #heap: Node[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The one that wakes next: by its instant, then by its order. */
  get first(): Sleeper | undefined {
    return this.#heap[0]?.sleeper;
  }

  /** Gives the way to take it out again; who is gone already is no longer there to take out. */
  add(sleeper: Sleeper): () => void {
    const node = { sleeper, place: this.#heap.length };
    this.#heap.push(node);
    this.#rise(node);
    return () => {
      if (this.#heap[node.place] === node) this.#remove(node);
    };
  }

  takeFirst(): Sleeper | undefined {
    const node = this.#heap[0];
    if (node !== undefined) this.#remove(node);
    return node?.sleeper;
  }

  #remove(node: Node): void {
    const last = this.#heap.pop();
    if (last === undefined || last === node) return;
    this.#put(last, node.place);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(node: Node): void {
    while (node.place > 0) {
      const parent = this.#heap[(node.place - 1) >>> 1];
      if (parent === undefined || isBefore(parent, node)) return;
      this.#swap(node, parent);
    }
  }

  #sink(node: Node): void {
    for (;;) {
      const left = this.#heap[2 * node.place + 1];
      const right = this.#heap[2 * node.place + 2];
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || isBefore(node, child)) return;
      this.#swap(node, child);
    }
  }

  #swap(one: Node, other: Node): void {
    const place = one.place;
    this.#put(one, other.place);
    this.#put(other, place);
  }

  #put(node: Node, place: number): void {
    this.#heap[place] = node;
    node.place = place;
  }
}

function isBefore({ sleeper: one }: Node, { sleeper: other }: Node): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
