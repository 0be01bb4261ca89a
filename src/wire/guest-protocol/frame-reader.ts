// From bytes to frames. The other end may be a liar with root: whatever it sends, no more than one frame's worth of bytes
// is held, and what cannot be read is counted and dropped.

import { decodeFrame, type Frame } from './frame.ts';
import { maxFrameBytes } from './limits.ts';

const newline = 10;
const nothing: Uint8Array = new Uint8Array(0);

export class FrameReader {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  /** The beginning of a line whose end has not come. */
  #partial: Uint8Array[] = [];
  #partialBytes = 0;
  /** The present line is longer than allowed: thrown away up to its end. */
  #skipping = false;
  /** Lines that were no frames, since the beginning. */
  bad = 0;

  /** The frames that these bytes complete, in order. Empty lines mean nothing: a sender begins with one after a break. */
  feed(bytes: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(newline, start);
      if (end < 0) break;
      const line = this.#complete(bytes.subarray(start, end));
      start = end + 1;
      if (line === undefined) {
        this.bad += 1;
      } else if (line.length > 0) {
        const frame = this.#decode(line);
        if (frame === undefined) this.bad += 1;
        else frames.push(frame);
      }
    }
    this.#keep(bytes.subarray(start));
    return frames;
  }

  /** How many bytes are held at present; never more than one frame. */
  get heldBytes(): number {
    return this.#partialBytes;
  }

  /** The whole line with its end, or undefined when it was too long. */
  #complete(tail: Uint8Array): Uint8Array | undefined {
    const tooLong = this.#skipping || this.#partialBytes + tail.length >= maxFrameBytes;
    const line = tooLong ? undefined : join(this.#partial, tail);
    this.#partial = [];
    this.#partialBytes = 0;
    this.#skipping = false;
    return line;
  }

  #keep(tail: Uint8Array): void {
    if (tail.length === 0 || this.#skipping) return;
    if (this.#partialBytes + tail.length >= maxFrameBytes) {
      this.#partial = [];
      this.#partialBytes = 0;
      this.#skipping = true;
      return;
    }
    // A copy: the caller may use its buffer again.
    this.#partial.push(tail.slice());
    this.#partialBytes += tail.length;
    // A byte at a time would else cost an object for each.
    if (this.#partial.length > 64) this.#partial = [join(this.#partial, nothing)];
  }

  #decode(line: Uint8Array): Frame | undefined {
    let text: string;
    try {
      text = this.#decoder.decode(line);
    } catch {
      return undefined;
    }
    return decodeFrame(text);
  }
}

function join(parts: readonly Uint8Array[], tail: Uint8Array): Uint8Array {
  if (parts.length === 0) return tail;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, tail.length));
  let at = 0;
  for (const part of [...parts, tail]) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
