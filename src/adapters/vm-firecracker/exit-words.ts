// What it means when Firecracker ends (firecracker/src/vmm/src/lib.rs, FcExitCode; firecracker/FAQ.md for 12). From 148 on its
// authors gave a number of its own to each signal that it handles.

import type { VmEnd } from '../../ports/vm-driver.ts';

const codes: Readonly<Record<number, readonly [VmEnd['how'], string]>> = {
  // `panic=1` makes a panic of the guest the same reset as a reboot: only the console tells them apart.
  0: ['exited', 'the guest shut down, reset or panicked'],
  1: ['crashed', 'Firecracker failed, or a processor of the guest stopped for good (triple fault)'],
  2: ['crashed', 'Firecracker failed in a way that it did not expect'],
  12: ['crashed', 'the host had no memory for the guest'],
  137: ['killed', 'killed, by an order or by the host for want of memory'],
  148: ['crashed', 'Firecracker made a system call that its seccomp filter forbids'],
  149: [
    'crashed',
    'the host had no page for the guest memory (SIGBUS): too few huge pages, or a truncated file',
  ],
  150: ['crashed', 'Firecracker reached for memory that is not its own (SIGSEGV)'],
  151: ['crashed', 'a file grew over the limit that the VM has (SIGXFSZ)'],
  152: ['crashed', 'Firecracker was started with a log level that it does not know'],
  153: ['crashed', 'Firecracker was started with arguments that it does not know'],
  154: ['crashed', 'the VM used up the processor time that it may have (SIGXCPU)'],
  155: ['crashed', 'Firecracker wrote to a closed pipe (SIGPIPE)'],
  156: ['killed', 'ended by SIGHUP'],
  157: ['crashed', "Firecracker met an instruction that the host's processor does not know (SIGILL)"],
};

export function endOfCode(code: number): VmEnd {
  const [how, words] = codes[code] ?? ['crashed', 'for a reason that Firecracker does not tell'];
  return { how, detail: `${words} (exit code ${code})` };
}

/** @param outOfMemory what the VM's control group says; undefined when it has none. */
export function endOfSignal(signal: NodeJS.Signals, outOfMemory?: boolean): VmEnd {
  if (signal === 'SIGABRT') return { how: 'crashed', detail: 'Firecracker panicked (SIGABRT)' };
  if (signal === 'SIGKILL' && outOfMemory === true)
    return { how: 'killed', detail: 'the host ended it, since it took more memory than it may (SIGKILL)' };
  if (signal === 'SIGKILL')
    return {
      how: 'killed',
      detail: outOfMemory === false ? 'killed (SIGKILL)' : `${codes[137]?.[1]} (SIGKILL)`,
    };
  const isOrder = signal === 'SIGTERM' || signal === 'SIGINT' || signal === 'SIGQUIT';
  return { how: isOrder ? 'killed' : 'crashed', detail: `ended by ${signal}` };
}

/**
 * How a Firecracker ended that another agent started, by its own last words; SIGKILL leaves it none.
 * @param log the end of its log.
 */
export function endOfWords(log: string): VmEnd {
  const said = [...log.matchAll(/Firecracker exiting (?:successfully|with error).*?exit_code=(\d+)/g)].at(
    -1,
  )?.[1];
  if (said !== undefined) return endOfCode(Number(said));
  if (/panicked at/.test(log)) return endOfSignal('SIGABRT');
  return endOfSignal('SIGKILL');
}

/** The last line that speaks of a failure; empty when there is none. */
export function lastComplaint(log: string): string {
  const lines = log
    .split('\n')
    .filter((line) => /\berror\b|panicked/i.test(line) && !/exiting with error/.test(line));
  return (lines.at(-1) ?? '').trim().slice(0, 500);
}
