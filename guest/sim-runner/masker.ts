// Secrets never reach a log: every line passes here first.

export class Masker {
  readonly #values = new Set<string>();

  add(value: string): void {
    // A secret of several lines is also printed line by line.
    for (const line of [value, ...value.split(/\r?\n/)]) if (line.trim() !== '') this.#values.add(line);
  }

  mask(line: string): string {
    let masked = line;
    // The longest first: a secret may be part of another.
    for (const value of [...this.#values].sort((a, b) => b.length - a.length)) {
      masked = masked.replaceAll(value, '***');
    }
    return masked;
  }

  covers(text: string): boolean {
    return this.mask(text) !== text;
  }
}
