import { describe, expect, it } from 'vitest';
import { AgentWorld, jitSecret, testVm } from '../../test/support/agent-world.ts';
import { after, hours, minutes, seconds } from '../domain/time.ts';
import { VirtualClock } from '../sim/clock.ts';
import { MemoryVmLogs } from '../sim/memory-vm-logs.ts';
import { VmLogBook } from './vm-log-book.ts';
import { withoutSecrets } from './without-secrets.ts';

describe('the log of a VM', () => {
  it('is read from a time on, the last lines of it', async () => {
    const clock = new VirtualClock();
    const book = new VmLogBook(new MemoryVmLogs(), clock);
    for (let n = 0; n < 10; n += 1) {
      book.add('vm-1', 'runner', `${n}`);
      await clock.advance(minutes(1));
    }
    const last = async (count: number, ageMs?: number) => {
      const since = ageMs === undefined ? {} : { since: after(clock.now(), -ageMs) };
      return (await book.read('vm-1', { count, ...since })).map((line) => line.at(-1));
    };
    expect(await last(3)).toEqual(['7', '8', '9']);
    expect(await last(100, minutes(2))).toEqual(['8', '9']);
    expect(await last(1, minutes(2))).toEqual(['9']);
    expect(await book.read('vm-2', { count: 9 })).toEqual([]);
  });

  it('is swept now and then, but for living VMs', async () => {
    const clock = new VirtualClock();
    const swept: string[][] = [];
    const logs = {
      add() {},
      read: async () => [],
      sweep: async (living: ReadonlySet<string>) => void swept.push([...living]),
    };
    const book = new VmLogBook(logs, clock);
    await book.sweep(['vm-1']);
    await book.sweep(['vm-1']);
    await clock.advance(hours(1));
    await book.sweep(['vm-2']);
    expect(swept).toEqual([['vm-1'], ['vm-2']]);
  });

  it('holds no line break and no credential of GitHub', () => {
    const logs = new MemoryVmLogs();
    new VmLogBook(logs, new VirtualClock()).add(
      'vm-1',
      'runner',
      `a\r\nb ghs_${'x'.repeat(36)} eyJ${'A1'.repeat(90)}==`,
    );
    expect(logs.text()).toMatch(/ runner: a b \*\*\* \*\*\*$/);
    expect(withoutSecrets('eyJust a word, ghs_short')).toBe('eyJust a word, ghs_short');
  });
});

describe('an agent', () => {
  it('gives what it has logged itself', async () => {
    const world = new AgentWorld({});
    await world.startAgent();
    await world.until(() => world.socket !== undefined);
    world.say({ type: 'read-own-log', request: 'r', lines: 2 });
    await world.clock.advance(100);
    expect(world.logs).toEqual(['two', 'three']);
  });

  const readLog = async (world: AgentWorld, over: object = {}): Promise<readonly string[]> => {
    world.logs.length = 0;
    world.say({ type: 'read-log', request: 'r', vm: testVm, lines: 1000, ...over });
    await world.clock.advance(seconds(1));
    return [...world.logs];
  };

  it('shows what a VM that is gone has printed, its console too, also when the agent was started anew', async () => {
    const world = new AgentWorld({ host: { behaviour: () => ({ boot: 'panics-first' }) } });
    await world.startAgent();
    await world.until(() => world.socket !== undefined);
    await world.orderWithJit({});
    expect(await world.until(() => world.heard('runner-exited'))).toBe(true);
    world.bury(testVm);
    expect(await world.until(() => world.heard('gone'))).toBe(true);
    world.killAgent();
    await world.clock.advance(minutes(5));
    await world.startAgent();
    await world.until(() => world.socket !== undefined);
    const lines = await readLog(world);
    expect(lines.join('\n')).toContain('runner: √ Connected to GitHub');
    expect(lines.some((line) => / console: .*Kernel panic/.test(line))).toBe(true);
    expect(await readLog(world, { since: world.clock.now() - minutes(1) })).toEqual([]);
    expect(await readLog(world, { since: world.clock.now() - minutes(15) })).toEqual(lines);
    expect(world.vmLogs.text()).not.toContain(jitSecret);
  });
});
