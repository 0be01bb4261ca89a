// What GitHub answered last to a question that we ask again and again. "Not modified" costs nothing of the rate limit.

const maxEntries = 5_000;

export class EtagCache {
  readonly #entries = new Map<string, { etag: string; value: unknown }>();

  get(key: string): { etag: string; value: unknown } | undefined {
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, found);
    return found;
  }

  set(key: string, etag: string | undefined, value: unknown): void {
    this.#entries.delete(key);
    if (etag === undefined) return;
    this.#entries.set(key, { etag, value });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > maxEntries && oldest !== undefined) this.#entries.delete(oldest);
  }
}
