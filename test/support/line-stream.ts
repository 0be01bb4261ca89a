import type { ByteStream } from '../../src/ports/guest-link.ts';

/** Asks a guest that answers line by line. */
export class LineStream {
  readonly #stream: ByteStream;
  readonly #lines: AsyncGenerator<string>;

  constructor(stream: ByteStream) {
    this.#stream = stream;
    this.#lines = linesOf(stream.incoming);
  }

  /** Asks until the guest answers: what was said before it listened may be lost. */
  async ask(question: string, patienceMs: number): Promise<string> {
    const answer = this.#lines.next();
    const deadline = Date.now() + patienceMs;
    await this.#stream.write(encoder.encode(`${question}\n`));
    for (;;) {
      const got = await Promise.race([answer, pause(deadline - Date.now())]);
      if (got === undefined) throw new Error(`no answer to ${question.slice(0, 40)} in ${patienceMs} ms`);
      if (got.done === true) throw new Error('the guest link was closed');
      return got.value;
    }
  }

  say(text: string): void {
    this.#stream.write(encoder.encode(`${text}\n`)).catch(() => undefined);
  }

  close(): void {
    this.#stream.close();
  }
}

const encoder = new TextEncoder();

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

async function pause(ms: number): Promise<undefined> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)).unref());
  return undefined;
}
