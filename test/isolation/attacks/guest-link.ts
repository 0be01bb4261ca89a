// The one channel between guest and agent that is not IP: garbage, a line without an end, and floods, against the code that
// the agent reads it with.

import { SystemClock } from '../../../src/adapters/system/clock.ts';
import { qemuGuestLink } from '../../../src/adapters/vm-qemu/guest-link.ts';
import { LogRings } from '../../../src/agent/log-ring.ts';
import { pump } from '../../../src/wire/guest-protocol/channel-pump.ts';
import { FrameReader } from '../../../src/wire/guest-protocol/frame-reader.ts';
import { maxBadFrames, maxFrameBytes } from '../../../src/wire/guest-protocol/limits.ts';
import { fromGuest } from '../../../src/wire/guest-protocol/messages.ts';
import { ReliableChannel } from '../../../src/wire/guest-protocol/reliable-channel.ts';
import type { Attack, Lab, Try } from '../attack.ts';

const seconds = 6;
/** What the agent allows a guest (`guest-session.ts`). */
const framesPerSecond = 200;
/** What was read already when the limit was met: 32 KiB of small frames. */
const framesInOneRead = 700;
const logLimitBytes = 512 * 1024;
const clock = new SystemClock();

/** Joins the link as the agent does, and hands each message over. */
async function talk(lab: Lab, rate: number, onLine: (line: string) => void) {
  const { vm, machine, order } = lab.attacker;
  await order('hold_link');
  const stream = await qemuGuestLink().connect(vm, machine.guestSocketPath);
  let bytes = 0;
  const counted = {
    ...stream,
    incoming: (async function* () {
      for await (const chunk of stream.incoming) {
        bytes += chunk.length;
        yield chunk;
      }
    })(),
  };
  let messages = 0;
  const session = `lab${performance.now()}`.replace('.', '');
  const channel = new ReliableChannel({ role: 'asks', session, acknowledges: 'at-once' });
  const carrier = pump(channel, counted, {
    now: () => clock.now(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    framesPerSecond: rate,
    onMessage: ({ body }) => {
      const parsed = fromGuest.safeParse(body);
      if (parsed.success && parsed.data.type === 'log') {
        messages += 1;
        onLine(parsed.data.line);
      }
    },
  });
  return { carrier, seen: () => ({ bytes, messages }) };
}

/** Floods the link with one log line, over and over; gives how many came through, and their pace. */
async function flood(lab: Lab, rate: number, line: string, onLine: (line: string) => void = () => undefined) {
  const { carrier, seen } = await talk(lab, rate, onLine);
  const start = performance.now();
  const chunk = `${JSON.stringify({ m: { type: 'log', source: 'runner', line } })}\n`;
  await lab.attacker.order('write_link', { chunk, times: 20_000, seconds, session: true });
  const took = (performance.now() - start) / 1000;
  const { messages } = seen();
  carrier.close();
  return { messages, took };
}

async function readRaw(lab: Lab, order: object, take: (chunk: Uint8Array) => boolean): Promise<void> {
  const { vm, machine, order: tell } = lab.attacker;
  await tell('hold_link');
  const stream = await qemuGuestLink().connect(vm, machine.guestSocketPath);
  const reading = (async () => {
    for await (const chunk of stream.incoming) if (!take(chunk)) break;
  })();
  await tell('write_link', order);
  stream.close();
  await reading;
}

export const guestLinkAttacks: readonly Attack[] = [
  {
    name: 'link-garbage',
    stops: `after ${maxBadFrames} unreadable frames the agent closes the link`,
    judge: async (lab) => {
      const order = { chunk: 'rm -rf / ; {"m":{"type":"job-ended"\n', times: 20_000, seconds };
      const { carrier, seen } = await talk(lab, framesPerSecond, () => undefined);
      await lab.attacker.order('write_link', order);
      carrier.close();
      const why = await carrier.done;
      let lines = 0;
      await readRaw(lab, order, (chunk) => {
        lines += chunk.filter((byte) => byte === 10).length;
        return true;
      });
      const { bytes, messages } = seen();
      return {
        blocked: /unreadable/.test(why) && messages === 0 && bytes < maxFrameBytes,
        control: lines > 100 * maxBadFrames,
        seen: `${why} after ${bytes} bytes; a reader without that limit took ${lines} lines`,
      };
    },
  },
  {
    name: 'link-endless-line',
    stops: `no more than ${maxFrameBytes} bytes of a line are held`,
    judge: async (lab) => {
      const order = { chunk: 'x'.repeat(65_536), times: 64, seconds };
      const reader = new FrameReader();
      let most = 0;
      await readRaw(lab, order, (chunk) => {
        reader.feed(chunk);
        most = Math.max(most, reader.heldBytes);
        return true;
      });
      let naive = '';
      await readRaw(lab, order, (chunk) => {
        naive += Buffer.from(chunk).toString('latin1');
        return true;
      });
      return {
        blocked: most > 0 && most <= maxFrameBytes,
        control: naive.length > 4 * maxFrameBytes,
        seen: `${most} bytes held; without the limit ${naive.length}`,
      };
    },
  },
  {
    name: 'link-flood',
    stops: `${framesPerSecond} messages a second are read, the guest waits with the others`,
    judge: async (lab) => {
      const held = await flood(lab, framesPerSecond, 'drip');
      const free = await flood(lab, 1_000_000, 'drip');
      const most = ({ took }: { took: number }) => framesPerSecond * (took + 2) + framesInOneRead;
      return {
        blocked: held.messages > 0 && held.messages <= most(held),
        control: free.messages > most(free),
        seen: `${held.messages} messages in ${held.took.toFixed(1)} s; without the limit ${free.messages} in ${free.took.toFixed(1)} s`,
      };
    },
  },
  {
    name: 'log-flood',
    stops: `${logLimitBytes} bytes of a VM's log are kept`,
    judge: async (lab) => {
      const kept = async (name: Try): Promise<number> => {
        const limits = { lines: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
        const rings = name === 'blocked' ? new LogRings(clock) : new LogRings(clock, limits);
        await flood(lab, framesPerSecond, 'flotsam '.repeat(900), (line) =>
          rings.add(lab.attacker.vm, 'runner', line),
        );
        return rings.tail(lab.attacker.vm, 1_000_000).reduce((sum, line) => sum + line.length, 0);
      };
      const [held, free] = [await kept('blocked'), await kept('control')];
      return {
        blocked: held > 0 && held <= logLimitBytes,
        control: free > logLimitBytes,
        seen: `${held} bytes kept; without the limit ${free}`,
      };
    },
  },
];
