// The talk with one guest, over as many connections as it takes. What the guest says is written down before it is
// acknowledged: a crash in between costs a repetition, and the repetition is known by its number.

import { vmId } from '../domain/ids.ts';
import type { ByteStream } from '../ports/guest-link.ts';
import type { Secret } from '../ports/secret.ts';
import type { JournalEntry, VmRecord } from '../wire/agent-journal.ts';
import { type Pump, pump } from '../wire/guest-protocol/channel-pump.ts';
import { guestProtocolVersion } from '../wire/guest-protocol/limits.ts';
import { fromGuest, type GuestMessage, type HostMessage } from '../wire/guest-protocol/messages.ts';
import { type Delivered, ReliableChannel } from '../wire/guest-protocol/reliable-channel.ts';
import { newsOf } from './guest-events.ts';
import { pauseAfter } from './limits.ts';
import { vmOf } from './state.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** Messages that a guest may send in a second. */
const framesPerSecond = 200;
const connectRetryMs = 100;

export class GuestSession {
  readonly #deps: WorkerDeps;
  readonly #vm: string;
  readonly #socketPath: string;
  readonly #onNews: () => void;
  readonly #stop = new AbortController();
  #channel: ReliableChannel;
  #pump: Pump | undefined;
  #helloed = false;
  #configureSent = false;
  #runSent = false;
  #reachAsked = false;
  #asked: { id: string; askedAt: number } | undefined;

  constructor(deps: WorkerDeps, vm: string, socketPath: string, onNews: () => void) {
    this.#deps = deps;
    this.#vm = vm;
    this.#socketPath = socketPath;
    this.#onNews = onNews;
    this.#channel = this.#newChannel(vmOf(deps.ledger.state, vm)?.cursor);
    void this.#serve();
  }

  /** Whether the guest has spoken in the present connection. */
  get connected(): boolean {
    return this.#pump !== undefined && this.#channel.open;
  }

  close(): void {
    this.#stop.abort(new Error('closed'));
    this.#pump?.close();
  }

  /** Sends what is due by now. May be called at any time, and again. */
  async attend(record: VmRecord): Promise<void> {
    const wanted = this.#deps.wanted(vmId(this.#vm));
    if (record.guestUp && this.#helloed && !record.configured) this.#configure(record);
    if (record.configured && !record.handed && !this.#runSent && wanted?.sealedJit !== undefined) {
      const jit = await this.#deps.identity.unseal(wanted.sealedJit);
      this.#hand(jit);
    }
    if (record.configured) this.#askReach();
    const question = wanted?.question;
    if (question !== undefined && record.guestUp && !record.answered.includes(question)) this.#ask(question);
  }

  /** Asks the guest to end its runner and power off. */
  shutDown(graceMs: number): void {
    this.#send({ type: 'shutdown', graceMs });
  }

  #configure(record: VmRecord): void {
    if (this.#configureSent || record.spec === undefined) return;
    this.#configureSent = true;
    const { guest, clock } = this.#deps;
    this.#send({
      type: 'configure',
      epochMs: clock.now(),
      hostname: record.spec.hostname,
      hosts: [...guest.hosts],
      environment: { ...guest.environment },
      idleTimeoutMs: record.spec.idleTimeoutMs,
      dockerMirrors: [...guest.dockerMirrors],
    });
  }

  /** The one place where a JIT configuration is readable on the host (I8). */
  #hand(jit: Secret): void {
    if (this.#runSent) return;
    this.#runSent = true;
    this.#send({ type: 'run', jitConfig: jit.reveal() });
  }

  #ask(question: string): void {
    if (this.#asked?.id === question) return;
    this.#asked = { id: question, askedAt: this.#deps.clock.now() };
    this.#send({ type: 'ask-worker', question });
  }

  #askReach(): void {
    const { reach } = this.#deps;
    if (reach === undefined || this.#reachAsked) return;
    this.#reachAsked = true;
    this.#send({ type: 'ask-reach', question: 'reach', places: [...reach.places] });
  }

  #send(message: HostMessage): void {
    this.#channel.send(message);
    this.#pump?.wake();
  }

  #newChannel(resume: { session: string; number: number } | undefined): ReliableChannel {
    const session = Buffer.from(this.#deps.random.bytes(12)).toString('hex');
    return new ReliableChannel({
      role: 'asks',
      session,
      acknowledges: 'when-told',
      ...(resume === undefined ? {} : { resume }),
    });
  }

  async #serve(): Promise<void> {
    const { guestLink, clock, limits, log } = this.#deps;
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      try {
        const stream = await guestLink.connect(vmId(this.#vm), this.#socketPath);
        const why = await this.#talk(stream);
        if (this.#stop.signal.aborted) return;
        failures = this.#helloed ? 1 : failures + 1;
        log.warn('guest link broke', { vm: this.#vm, why });
        this.#deps.logs.add(this.#vm, 'host', `the link to the guest broke: ${why}`);
      } catch (error) {
        failures += 1;
        log.debug('guest link not there yet', { vm: this.#vm, error });
      }
      const pause = Math.max(connectRetryMs, failures > 20 ? pauseAfter(failures - 20, limits) : 0);
      await clock.sleep(pause, this.#stop.signal).catch(() => {});
    }
  }

  async #talk(stream: ByteStream): Promise<string> {
    const { clock, ledger, log } = this.#deps;
    this.#helloed = false;
    if (this.#channel.gaveUp !== undefined) {
      log.error('guest channel started afresh', { vm: this.#vm, why: this.#channel.gaveUp });
      this.#channel = this.#newChannel(vmOf(ledger.state, this.#vm)?.cursor);
      this.#configureSent = false;
      this.#asked = undefined;
    }
    const channel = this.#channel;
    this.#pump = pump(channel, stream, {
      now: () => clock.now(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
      onMessage: (delivered) => this.#take(channel, delivered),
      framesPerSecond,
    });
    const why = await this.#pump.done;
    this.#pump = undefined;
    return why;
  }

  async #take(channel: ReliableChannel, delivered: Delivered): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const { ledger, log } = this.#deps;
    const parsed = fromGuest.safeParse(delivered.body);
    if (!parsed.success) log.warn('a guest said what no guest may say', { vm: this.#vm });
    else if (parsed.data.type === 'log') this.#deps.logs.add(this.#vm, parsed.data.source, parsed.data.line);
    else if (parsed.data.type === 'hello') this.#helloed = true;
    else if (parsed.data.type === 'reached') this.#deps.reach?.onAnswer(parsed.data.places);
    const { number, session } = delivered;
    await ledger.write((state) => {
      const record = vmOf(state, this.#vm);
      if (record === undefined) return [];
      // Written down by an earlier try, whose acknowledgement was cut off.
      if (number !== undefined && session === record.cursor?.session && number <= record.cursor.number)
        return [];
      const entries = parsed.success ? this.#entriesFor(parsed.data, record) : [];
      if (number !== undefined) entries.push({ kind: 'guest-read', vm: this.#vm, session, number });
      return entries;
    });
    if (number !== undefined) channel.acknowledge(number);
    if (!parsed.success || parsed.data.type !== 'log') this.#onNews();
  }

  #entriesFor(message: GuestMessage, record: VmRecord): JournalEntry[] {
    const { ledger, clock } = this.#deps;
    const events = newsOf(message, { record, question: this.#asked });
    if (message.type === 'hello' && message.protocol !== guestProtocolVersion)
      events.push({
        kind: 'failed',
        reason: `the image speaks version ${message.protocol} of the guest protocol, this agent ${guestProtocolVersion}: rebuild the image`,
        owner: 'bellows',
      });
    if (message.type === 'hello' && !record.guestUp && record.bootStartedAt !== undefined)
      events.push({ kind: 'phase', phase: 'boot', ms: Math.max(0, clock.now() - record.bootStartedAt) });
    const configured: JournalEntry[] =
      message.type === 'configured' && !record.configured ? [{ kind: 'configured', vm: this.#vm }] : [];
    return [...configured, ...ledger.events(ledger.state, this.#vm, events)];
  }
}
