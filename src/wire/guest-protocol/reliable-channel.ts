// What one side says reaches the other exactly once and in order, over a link that breaks, loses and repeats. Pure: no
// clock, no stream. Whoever owns a stream feeds it frames and takes from it what to send next, so nothing is queued twice.
//
// Each side numbers its messages and keeps them until they are acknowledged. After a (re)connection the host asks where
// the guest stands and the guest answers; both then send again what the other has not taken in. A side that was restarted
// has a new session and counts from one.

import type { Body, Frame } from './frame.ts';

export interface ChannelOptions {
  /** The host asks, the guest answers. */
  role: 'asks' | 'answers';
  /** Drawn anew for each process. */
  session: string;
  /**
   * `at-once`: a message counts as taken in when it is delivered. `when-told`: when `acknowledge` is called, which a side
   * does after it has written the message down; one that is not acknowledged is delivered again after a break.
   */
  acknowledges: 'at-once' | 'when-told';
  /** What an earlier process of this side has taken in and written down. */
  resume?: { session: string; number: number };
  /** A side that answers says unasked that it is there: an earlier process of its own may have been asked. */
  greets?: boolean;
  maxNumbered?: number;
  maxLoose?: number;
  /** Of all that waits, counted as JSON. */
  maxBytes?: number;
}

export interface Delivered {
  /** Absent for a loose message: it was never promised, and is not acknowledged. */
  number?: number;
  /** The sender's session. */
  session: string;
  body: Body;
}

interface Kept {
  body: Body;
  bytes: number;
}

export class ReliableChannel {
  readonly #options: Required<Omit<ChannelOptions, 'resume'>>;
  /** Sent and not acknowledged, or not sent yet; the first has the number `#base`. */
  #outbox: Kept[] = [];
  #base = 1;
  #loose: Kept[] = [];
  #bytes = 0;
  /** The number to send next. */
  #cursor = 1;
  #peer = '';
  /** Delivered up to here, and acknowledged up to there. */
  #received: number;
  #taken: number;
  #attached = false;
  #open = false;
  #owed: Frame[] = [];
  #askedAgainFor = 0;
  #progressed = false;
  /** Loose messages that found no room. */
  droppedLoose = 0;
  /** Why not everything was or will be delivered; the channel is of no use from then on. */
  gaveUp: string | undefined;

  constructor(options: ChannelOptions) {
    const { resume, ...given } = options;
    this.#options = { greets: false, maxNumbered: 4096, maxLoose: 1024, maxBytes: 4 * 1024 * 1024, ...given };
    this.#peer = resume?.session ?? '';
    this.#received = resume?.number ?? 0;
    this.#taken = this.#received;
  }

  /** The other side's session; empty before it was heard. */
  get peer(): string {
    return this.#peer;
  }

  /** Whether both sides know where the other stands. */
  get open(): boolean {
    return this.#open;
  }

  /** Whether a `tick` may have something to do: the other side owes an answer. */
  get isWaiting(): boolean {
    return this.#attached && (!this.#open || this.#outbox.length > 0);
  }

  /** Numbered messages that the other side has not taken in. */
  get waiting(): number {
    return this.#outbox.length;
  }

  /** A stream is there. What was delivered and never acknowledged comes again: whoever took it may have failed. */
  attach(): void {
    this.#received = this.#taken;
    this.#attached = true;
    this.#open = false;
    const asks = this.#options.role === 'asks';
    this.#owed = asks || this.#options.greets ? [this.#resumeFrame(!asks)] : [];
  }

  /** The stream is gone. */
  detach(): void {
    this.#attached = false;
    this.#open = false;
    this.#owed = [];
  }

  /** Promises to deliver `body`. Gives its number. */
  send(body: Body): number {
    const kept = { body, bytes: sizeOf(body) };
    this.#outbox.push(kept);
    this.#bytes += kept.bytes;
    this.#makeRoom();
    if (this.#outbox.length > this.#options.maxNumbered || this.#bytes > this.#options.maxBytes)
      this.gaveUp ??= `${this.#outbox.length} messages wait for an acknowledgement that does not come`;
    return this.#base + this.#outbox.length - 1;
  }

  /** Sends `body` when there is room: the oldest loose messages give way first. */
  sendLoose(body: Body): void {
    const kept = { body, bytes: sizeOf(body) };
    this.#loose.push(kept);
    this.#bytes += kept.bytes;
    this.#makeRoom();
  }

  /** The next frame to put on the stream, or undefined when there is nothing to say now. */
  take(): Frame | undefined {
    if (!this.#attached || this.gaveUp !== undefined) return undefined;
    const owed = this.#owed.shift();
    if (owed !== undefined || !this.#open) return owed;
    const next = this.#outbox[this.#cursor - this.#base];
    if (next !== undefined)
      return { kind: 'numbered', number: this.#cursor++, ack: this.#taken, body: next.body };
    const loose = this.#loose.shift();
    if (loose === undefined) return undefined;
    this.#bytes -= loose.bytes;
    return { kind: 'loose', body: loose.body };
  }

  /** Takes in a frame from the stream; gives what is to be handled, in order. */
  receive(frame: Frame): Delivered[] {
    if (!this.#attached || this.gaveUp !== undefined) return [];
    if (frame.kind === 'resume') {
      this.#resumed(frame);
      return [];
    }
    // What is left of an earlier connection means nothing.
    if (!this.#open) return [];
    switch (frame.kind) {
      case 'ack':
        this.#acknowledged(frame.ack);
        if (frame.again) this.#cursor = this.#base;
        return [];
      case 'loose':
        return [{ session: this.#peer, body: frame.body }];
      case 'numbered':
        this.#acknowledged(frame.ack);
        return this.#numbered(frame.number, frame.body);
    }
  }

  /** The messages up to `number` of the present session are written down. */
  acknowledge(number: number): void {
    this.#taken = Math.max(this.#taken, Math.min(number, this.#received));
    this.#oweAck(false);
  }

  /** To be called every few seconds while it is waiting: sends again what was not acknowledged, and asks again if there was no answer. */
  tick(): void {
    if (!this.#attached) return;
    if (!this.#open) {
      if (this.#options.role === 'asks' && this.#owed.length === 0) this.#owed.push(this.#resumeFrame(false));
      return;
    }
    if (!this.#progressed) this.#cursor = this.#base;
    this.#progressed = false;
  }

  #resumed(frame: Extract<Frame, { kind: 'resume' }>): void {
    if (frame.answer === (this.#options.role === 'answers')) return;
    if (frame.answer && frame.of !== this.#options.session) {
      // It answers nothing that we asked: the other side was started anew, and does not know us.
      this.#open = false;
      this.#owed = [this.#resumeFrame(false)];
      return;
    }
    if (frame.session !== this.#peer) {
      this.#peer = frame.session;
      this.#received = frame.base - 1;
      this.#taken = this.#received;
    } else if (frame.base > this.#received + 1) {
      this.gaveUp = `messages ${this.#received + 1} to ${frame.base - 1} are lost`;
      return;
    }
    this.#askedAgainFor = 0;
    // Whoever has not heard of this session has taken in nothing of it that it remembers.
    if (frame.of === this.#options.session) this.#acknowledged(frame.received);
    this.#cursor = this.#base;
    this.#open = true;
    if (this.#options.role === 'answers') this.#owed = [this.#resumeFrame(true)];
  }

  #numbered(number: number, body: Body): Delivered[] {
    if (number <= this.#received) {
      // A repetition: its acknowledgement was lost.
      this.#oweAck(false);
      return [];
    }
    if (number > this.#received + 1) {
      if (this.#askedAgainFor !== this.#received + 1) this.#oweAck(true);
      this.#askedAgainFor = this.#received + 1;
      return [];
    }
    this.#received = number;
    if (this.#options.acknowledges === 'at-once') this.acknowledge(number);
    return [{ number, session: this.#peer, body }];
  }

  /** An acknowledgement of what was never sent is a lie and changes nothing. */
  #acknowledged(number: number): void {
    if (number < this.#base || number >= this.#base + this.#outbox.length) return;
    for (const kept of this.#outbox.splice(0, number - this.#base + 1)) this.#bytes -= kept.bytes;
    this.#base = number + 1;
    this.#cursor = Math.max(this.#cursor, this.#base);
    this.#progressed = true;
  }

  /** Acknowledgements are cumulative: one that waits stands for all. */
  #oweAck(again: boolean): void {
    if (!this.#open) return;
    const asksAgain = again || this.#owed.some((frame) => frame.kind === 'ack' && frame.again);
    const others = this.#owed.filter((frame) => frame.kind !== 'ack');
    this.#owed = [...others, { kind: 'ack', ack: this.#taken, again: asksAgain }];
  }

  #resumeFrame(answer: boolean): Frame {
    return {
      kind: 'resume',
      answer,
      session: this.#options.session,
      of: this.#peer,
      received: this.#taken,
      base: this.#base,
    };
  }

  #makeRoom(): void {
    const { maxLoose, maxBytes } = this.#options;
    while (this.#loose.length > maxLoose || (this.#bytes > maxBytes && this.#loose.length > 0)) {
      this.#bytes -= this.#loose.shift()?.bytes ?? 0;
      this.droppedLoose += 1;
    }
  }
}

function sizeOf(body: Body): number {
  return JSON.stringify(body).length;
}
