import { describe, expect, it } from 'vitest';
import { endOfCode, endOfSignal, endOfWords, lastComplaint } from './exit-words.ts';

describe('how a VM ended', () => {
  it.each([
    [0, 'exited', 'shut down, reset or panicked'],
    [1, 'crashed', 'triple fault'],
    [148, 'crashed', 'seccomp'],
    [149, 'crashed', 'SIGBUS'],
    [151, 'crashed', 'SIGXFSZ'],
    [153, 'crashed', 'arguments'],
    [137, 'killed', 'want of memory'],
    [156, 'killed', 'SIGHUP'],
    [77, 'crashed', 'does not tell'],
  ] as const)('exit code %i: %s, %s', (code, how, words) => {
    const end = endOfCode(code);
    expect(end.how).toBe(how);
    expect(end.detail).toContain(words);
    expect(end.detail).toContain(`exit code ${code}`);
  });

  it('by SIGKILL is told from the host taking its memory back, where a control group knows', () => {
    expect(endOfSignal('SIGKILL', true).detail).toContain('more memory than it may');
    expect(endOfSignal('SIGKILL', false).detail).toBe('killed (SIGKILL)');
    expect(endOfSignal('SIGKILL').detail).toContain('by an order or by the host');
    expect(endOfSignal('SIGTERM').how).toBe('killed');
    expect(endOfSignal('SIGABRT')).toEqual({ how: 'crashed', detail: 'Firecracker panicked (SIGABRT)' });
    expect(endOfSignal('SIGSEGV').how).toBe('crashed');
  });

  it('is read from its last words when another agent started it', () => {
    const line = (words: string) => `2026-01-01T00:00:00 [vm-1:main:INFO] ${words}\n`;
    expect(endOfWords(line('Firecracker exiting successfully. exit_code=0')).how).toBe('exited');
    expect(endOfWords(line('Firecracker exiting with error. exit_code=148')).detail).toContain('seccomp');
    expect(endOfWords("thread 'main' panicked at src/lib.rs").how).toBe('crashed');
    expect(endOfWords(line('The API server received a Put request')).how).toBe('killed');
  });

  it('repeats the last complaint, and takes nothing else for one', () => {
    const log = [
      '[vm:main:INFO] all is well',
      '[vm:main:ERROR] no such tap',
      '[vm:main:ERROR] Firecracker exiting with error. exit_code=1',
    ];
    expect(lastComplaint(log.join('\n'))).toBe('[vm:main:ERROR] no such tap');
    expect(lastComplaint('[vm:main:INFO] Running Firecracker v1.16.1')).toBe('');
  });
});
