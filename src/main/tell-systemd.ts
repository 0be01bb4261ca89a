import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Tells systemd that the service is up, where it waits for that (systemd.service(5), Type=notify). By its own program, since
 * Node has no datagram sockets of the kind that the word is sent on.
 */
export async function tellSystemdReady(): Promise<void> {
  if (process.env.NOTIFY_SOCKET === undefined) return;
  await promisify(execFile)('systemd-notify', ['--ready']);
}
