import type { ApiVm } from '../../src/wire/api/vms.ts';
import { type Shape, StateMark, type Tone } from './state-mark.tsx';

const looks: Readonly<Record<ApiVm['state'], readonly [Shape, Tone, string]>> = {
  requested: ['ring', 'calm', 'Requested'],
  placed: ['ring', 'calm', 'Placed'],
  starting: ['turning', 'live', 'Starting'],
  booted: ['turning', 'live', 'Booted'],
  idle: ['dot', 'calm', 'Idle'],
  busy: ['turning', 'live', 'Busy'],
  stopping: ['dash', 'calm', 'Stopping'],
  failed: ['cross', 'bad', 'Failed'],
  unknown: ['dash', 'warn', 'Host silent'],
  gone: ['dash', 'calm', 'Gone'],
};

export function VmState({ state }: Pick<ApiVm, 'state'>) {
  const [shape, tone, word] = looks[state];
  return <StateMark shape={shape} tone={tone} word={word} />;
}
