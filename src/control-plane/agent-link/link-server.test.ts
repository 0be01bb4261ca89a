import { describe, expect, it } from 'vitest';
import { host as aHost, vm as aVm, hostName, vmName } from '../../../test/contract/store/things.ts';
import { ControlPlaneWorld } from '../../../test/support/control-plane-world.ts';
import { minutes, seconds } from '../../domain/time.ts';
import { socketPair } from '../../sim/socket-pair.ts';
import {
  type AgentMessage,
  agentProtocolVersion,
  type ToldVitalsMessage,
} from '../../wire/agent-protocol.ts';
import { linkServer } from './link-server.ts';

type Observed = Extract<AgentMessage, { type: 'observed' }>;

const host = hostName(1);
const vitals = (changes: Partial<ToldVitalsMessage> = {}): ToldVitalsMessage => ({
  load: [1, 2, 3],
  processors: 4,
  memoryBytes: 2 ** 34,
  memoryAvailableBytes: 2 ** 33,
  diskBytes: 2 ** 40,
  diskFreeBytes: 2 ** 39,
  kernel: '6.1',
  images: [],
  ...changes,
});
const observed = (changes: Partial<Observed> = {}): Observed => ({
  type: 'observed',
  protocol: agentProtocolVersion,
  agentVersion: '1',
  driver: 'sim',
  epoch: '',
  generation: 0,
  vms: [],
  capacity: {
    arch: 'x64',
    milliCpus: 1000,
    memoryMib: 1024,
    diskGib: 1,
    maxBooting: 1,
    labels: [],
    images: [],
  },
  events: [],
  ...changes,
});

/** A control plane, and an agent's end of a link to it that the test speaks through. */
async function linked() {
  const world = new ControlPlaneWorld();
  await world.store.transaction((tx) => tx.hosts.insert(aHost(1)));
  const links = linkServer(world.deps);
  const [ours, theirs] = socketPair(world.clock, { delay: () => 5 });
  const heard: string[] = [];
  const ends: number[] = [];
  theirs.onMessage((text) => heard.push((JSON.parse(text) as { type: string }).type));
  theirs.onClose((code) => ends.push(code));
  links.accept(host, ours);
  const say = async (message: object): Promise<void> => {
    theirs.send(JSON.stringify(message));
    await world.clock.advance(100);
  };
  const stored = () => world.store.transaction((tx) => tx.vitals.get(host));
  return { world, links, say, stored, heard, ends };
}

describe("a host's vitals", () => {
  it('are stored beside its row, with the way to it and back', async () => {
    const { world, say, stored } = await linked();
    await say(observed());
    const row = () => world.store.transaction((tx) => tx.hosts.get(host));
    const before = await row();
    await say(observed({ vitals: vitals() }));
    expect(await stored()).toMatchObject({ roundTripMs: 10, told: { load: [1, 2, 3], images: [] } });
    expect(await row()).toEqual(before);
  });

  it('are written when there is something new, and twice a minute', async () => {
    const { world, say, stored } = await linked();
    await say(observed({ vitals: vitals() }));
    const first = (await stored())?.at;
    await say(observed({ vitals: vitals() }));
    expect((await stored())?.at).toBe(first);
    await say(observed({ vitals: vitals({ processors: 5 }) }));
    const second = await stored();
    expect(second?.told?.processors).toBe(5);
    await world.clock.advance(seconds(31));
    await say(observed({ vitals: vitals({ processors: 5 }) }));
    expect((await stored())?.at).toBeGreaterThan(second?.at ?? 0);
  });

  it('of an agent that tells none are how far away it is', async () => {
    const { say, stored } = await linked();
    await say(observed({ protocol: 1 }));
    expect(await stored()).toMatchObject({ host, roundTripMs: 10 });
    expect(await stored()).not.toHaveProperty('told');
  });
});

describe('ends of different versions', () => {
  it('an agent that does not know the order for its own log is not sent it, and keeps its link', async () => {
    const { links, say, heard, ends } = await linked();
    await say(observed({ protocol: 1 }));
    const answer = await links.readAgentLog(host, { count: 5 });
    expect(answer).toEqual({ refused: 'its agent is too old to send its own log: upgrade it' });
    expect(heard).not.toContain('read-own-log');
    expect(ends).toEqual([]);
  });

  it('one that knows it is asked', async () => {
    const { world, links, say, heard } = await linked();
    expect(await links.readAgentLog(host, { count: 5 })).toHaveProperty('refused');
    await say(observed());
    const answer = links.readAgentLog(host, { count: 5 });
    await world.clock.advance(100);
    expect(heard).toContain('read-own-log');
    await say({ type: 'log', request: 'log-1', lines: ['one'], last: true });
    expect(await answer).toEqual(['one']);
  });

  it('one that does not know how to restart is not told to; one that does is, and answers', async () => {
    const { world, links, say, heard } = await linked();
    expect(await links.restartAgent(host, { reboot: false })).toHaveProperty('refused');
    await say(observed({ protocol: 2 }));
    expect(await links.restartAgent(host, { reboot: false })).toEqual({
      refused: 'its agent is too old to be restarted from afar: upgrade it',
    });
    expect(heard).not.toContain('restart');
    await say(observed());
    const answer = links.restartAgent(host, { reboot: true });
    await world.clock.advance(100);
    expect(heard).toContain('restart');
    await say({ type: 'restarting', request: 'log-1' });
    expect(await answer).toBe('restarting');
    const refused = links.restartAgent(host, { reboot: false });
    await world.clock.advance(100);
    await say({ type: 'restarting', request: 'log-2', refused: 'no' });
    expect(await refused).toEqual({ refused: 'no' });
    const silent = links.restartAgent(host, { reboot: false });
    await world.clock.advance(minutes(1));
    expect(await silent).toEqual({ refused: 'its host did not answer in time' });
    expect(await links.restartAgent(hostName(9), { reboot: false })).toHaveProperty('refused');
  });

  it('what only a newer agent says is passed over, and fields that only it knows', async () => {
    const { world, say, stored, ends } = await linked();
    await say({ type: 'dance', tempo: 3 });
    await say({ ...observed({ vitals: vitals() }), mood: 'good' });
    expect(await stored()).toBeDefined();
    expect(ends).toEqual([]);
    expect(world.lines.filter(({ message }) => message.includes('passed over'))).toHaveLength(1);
  });

  it('an event of a kind that only it knows is taken in, and so is what comes after it', async () => {
    const { say, heard, ends } = await linked();
    const dance = { number: 1, at: 1, vm: 'vm-1', event: { kind: 'dance', tempo: 3 } };
    const up = { number: 2, at: 2, vm: 'vm-1', event: { kind: 'process-up' } };
    await say({ ...observed(), events: [dance, up] });
    expect(heard).toContain('acknowledge');
    expect(ends).toEqual([]);
    // Of a kind that is known it must be whole.
    await say({ ...observed(), events: [{ ...up, number: 3, event: { kind: 'guest-up' } }] });
    expect(ends).toEqual([1008]);
  });

  it('a VM in a state that only it knows is there, is kept, and is spoken of once', async () => {
    const { world, say, ends } = await linked();
    const { store } = world;
    await store.transaction((tx) => tx.vms.insert(aVm(1, { state: 'busy', host })));
    await store.transaction((tx) => tx.vms.insert(aVm(2, { state: 'placed', host })));
    const dancing = [1, 2].map((n) => ({ vm: vmName(n), state: 'dancing', tempo: 3 }));
    const generation = (await store.transaction((tx) => tx.hosts.get(host)))?.generation;
    const upToDate = { ...observed({ epoch: await store.epoch() }), generation };
    await say({ ...upToDate, vms: dancing });
    await say({ ...upToDate, vms: [...dancing, { vm: vmName(3), state: 'running' }] });
    const kept = await store.transaction((tx) => tx.vms.get(vmName(1)));
    expect(kept?.state).toBe('busy');
    // What may have a job is not given up as never started.
    const history = await store.transaction((tx) => tx.history.of({ kind: 'vm', id: vmName(2) }, 10));
    expect(history[0]).toMatchObject({ event: 'process-up' });
    expect(ends).toEqual([]);
    const lines = world.lines.filter(({ message }) => message.includes('in a state that is not known'));
    expect(lines).toMatchObject([{ fields: { host, vm: vmName(1), state: 'dancing' } }]);
  });

  it('what is no message ends the link', async () => {
    const { world, say, ends } = await linked();
    await say({ typ: 'dance' });
    await world.clock.advance(minutes(1));
    expect(ends).toEqual([1008]);
  });
});
