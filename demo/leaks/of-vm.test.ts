import { expect, it } from 'vitest';
import { isOfVm } from './of-vm.ts';

it.each([
  ['file', '/tmp/x/agent/disks/vm-abc.ext4', true],
  ['file', '/tmp/x/agent/vms/vm-abc/console.log', true],
  ['process', '12: qemu-system-x86_64 -name bellows-vm-abc', true],
  ['registration', 'bellows-tag-abc', true],
  ['file', '/tmp/x/agent/logs/vm-abc.log', false],
  ['file', '/tmp/x/agent/logs/vm-abc.log.1', false],
  ['file', '/tmp/x/agent/journal.jsonl', false],
] as const)('%s %s has to go with its VM: %s', (kind, what, expected) => {
  expect(isOfVm({ kind, what })).toBe(expected);
});
