// What an operator's order to restart comes to on a host: the agent ends, and systemd starts it again; its VMs go on. A reboot is
// asked of systemd once the agent has ended, and takes the VMs with it.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Restart } from '../agent/hear.ts';

export interface RestartSwitch {
  /** Undefined where no service manager would start the agent again. */
  order: Restart | undefined;
  /** Resolves at the first order. */
  told: Promise<{ reboot: boolean }>;
}

/** systemd names each start of a service in INVOCATION_ID (systemd.exec(5)). */
export function restartSwitch(environment: Readonly<Record<string, string | undefined>>): RestartSwitch {
  const { promise, resolve } = Promise.withResolvers<{ reboot: boolean }>();
  return { told: promise, order: environment.INVOCATION_ID === undefined ? undefined : resolve };
}

export async function rebootMachine(): Promise<void> {
  await promisify(execFile)('systemctl', ['reboot']);
}
