/** Cuts a process's output into lines of bounded length: what is longer becomes several. */
export class LineSplitter {
  readonly #maxLength: number;
  readonly #decoder = new TextDecoder();
  #rest = '';

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  feed(bytes: Uint8Array): string[] {
    const parts = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#rest = parts.pop() ?? '';
    const lines = parts.flatMap((part) => this.#cut(part.endsWith('\r') ? part.slice(0, -1) : part));
    while (this.#rest.length > this.#maxLength) {
      lines.push(this.#rest.slice(0, this.#maxLength));
      this.#rest = this.#rest.slice(this.#maxLength);
    }
    return lines;
  }

  /** What came after the last line end. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? [] : this.#cut(rest);
  }

  #cut(line: string): string[] {
    if (line.length <= this.#maxLength) return [line];
    const pieces: string[] = [];
    for (let at = 0; at < line.length; at += this.#maxLength)
      pieces.push(line.slice(at, at + this.#maxLength));
    return pieces;
  }
}
