// Names and words are what dashboards and people rely on, so they stand in a file beside: a change of it is to be read.

import { expect, it } from 'vitest';
import { type AgentLook, agentFamilies } from './agent-families.ts';
import { written } from './families.fixture.ts';

const look: AgentLook = {
  version: '1.2.3',
  driver: 'qemu',
  vms: ['running', 'starting', 'running', 'preparing', 'booted', 'stopping', 'unknown-to-you'],
  load: [0.5, 0.25, 0.125],
  memoryBytes: 64,
  memoryAvailableBytes: 32,
  diskBytes: 1000,
  diskFreeBytes: 400,
  egress: { receivedBytes: 11, sentBytes: 12 },
  vmTraffic: { receivedBytes: 21, sentBytes: 22 },
};

it('an agent tells these metrics', async () => {
  await expect(written(agentFamilies(look))).toMatchFileSnapshot('agent.golden.txt');
});

it('an agent without taps or a default route tells no traffic', () => {
  const { egress: _, vmTraffic: _taps, ...less } = look;
  const silent = agentFamilies(less).filter(({ samples }) => samples.length === 0);
  expect(silent.map(({ name }) => name)).toEqual([
    'bellows_agent_egress_received_bytes_total',
    'bellows_agent_egress_sent_bytes_total',
    'bellows_agent_vms_received_bytes_total',
    'bellows_agent_vms_sent_bytes_total',
  ]);
});
