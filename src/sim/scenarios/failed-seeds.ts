// What the swarm found, by the options with which it was found.

import { minutes, seconds } from '../../domain/time.ts';
import { fromSwarm } from './from-swarm.ts';
import type { Scenario } from './scenario.ts';

export const failedSeeds: readonly Scenario[] = [
  fromSwarm(
    'start-that-comes-too-late',
    'A start that takes longer than its agent waits brings up no VM after that VM was told gone.',
    {
      seed: 202,
      stormMs: minutes(26),
      servers: 4,
      organizations: 3,
      repositories: 1,
      hosts: [{ cpus: 32, memoryMib: 16_384, labels: [] }],
      runs: 13,
      width: 4,
      jobMs: [seconds(2), minutes(25)],
      faults: {
        'agent-call-fails': 0.00174,
        'call-limited': 0.035,
        'clock-jump': 4,
        'in-progress-never-sent': 0.215,
        'name-taken': 0.152,
        'queued-never-sent': 0.879,
        'server-crash': 0.000925,
        'slow-host': 0.95,
        'token-refused': 0.0255,
        'vm-killed': 3,
        'vm-panics': 0.0626,
        'webhook-answer-lost': 0.149,
      },
    },
  ),
  fromSwarm(
    'mute-guests',
    'A VM whose guest hangs is kept until its hard deadline, and every job gets another one.',
    {
      seed: 4,
      stormMs: minutes(25),
      servers: 1,
      organizations: 1,
      repositories: 1,
      hosts: [{ cpus: 16, memoryMib: 32_768, labels: [] }],
      runs: 4,
      width: 4,
      jobMs: [seconds(2), minutes(2)],
      faults: { 'guest-hangs': 0.9, 'job-cancelled': 0.6, 'late-assignment': 0.6, 'max-parallel': 1 },
    },
  ),
];
