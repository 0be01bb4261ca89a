// A frame is one line of JSON. Its keys are short, since every message of a whole VM's life travels in one.

/** The message itself; its meaning is checked a layer above, by the schemas of `messages.ts` on the host. */
export type Body = Readonly<Record<string, unknown>>;

export type Frame =
  /** Opens or re-opens the channel: the host asks, the guest answers. */
  | {
      kind: 'resume';
      answer: boolean;
      /** The sender's session, drawn anew when its process starts. */
      session: string;
      /** The receiver's session as the sender knows it; empty at first. */
      of: string;
      /** The highest number that the sender has taken in from `of`. */
      received: number;
      /** The lowest number that the sender can still send. */
      base: number;
    }
  | { kind: 'numbered'; number: number; ack: number; body: Body }
  | { kind: 'loose'; body: Body }
  /** `again`: something was lost on the way, send all after `ack` once more. */
  | { kind: 'ack'; ack: number; again: boolean };

const encoder = new TextEncoder();

/** One line, newline included. */
export function encodeFrame(frame: Frame): Uint8Array {
  return encoder.encode(`${JSON.stringify(short(frame))}\n`);
}

/** Reads one line; undefined when it is no frame. */
export function decodeFrame(line: string): Frame | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isObject(value) ? long(value) : undefined;
}

function short(frame: Frame): object {
  switch (frame.kind) {
    case 'resume':
      return {
        [frame.answer ? 'resumed' : 'resume']: frame.session,
        of: frame.of,
        r: frame.received,
        b: frame.base,
      };
    case 'numbered':
      return { n: frame.number, a: frame.ack, m: frame.body };
    case 'loose':
      return { m: frame.body };
    case 'ack':
      return frame.again ? { a: frame.ack, again: 1 } : { a: frame.ack };
  }
}

function long(value: Readonly<Record<string, unknown>>): Frame | undefined {
  const { n, a, m, r, b, of } = value;
  const session = value.resumed ?? value.resume;
  if (session !== undefined) {
    if (!isSession(session) || session === '' || !isSession(of) || !isCount(r) || !isCount(b) || b === 0)
      return undefined;
    return { kind: 'resume', answer: value.resumed !== undefined, session, of, received: r, base: b };
  }
  if (m === undefined) return isCount(a) ? { kind: 'ack', ack: a, again: value.again === 1 } : undefined;
  if (!isObject(m)) return undefined;
  if (n === undefined) return { kind: 'loose', body: m };
  return isCount(n) && n > 0 && isCount(a) ? { kind: 'numbered', number: n, ack: a, body: m } : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isSession(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 64;
}
