// VMs that an earlier agent process started.

import type { VmEnd } from '../../ports/vm-driver.ts';
import { ApiClient } from './api-client.ts';
import { stateRequest } from './api-requests.ts';
import { defaultPatience, type FirecrackerDriverOptions, type HeldVm } from './driver-options.ts';
import { endOfWords, lastComplaint } from './exit-words.ts';
import { hostPath, jailed, jailOf, onHost, placeOf } from './jail.ts';
import { lastWords } from './last-words.ts';
import { drained } from './launch.ts';
import { watchPipe } from './pipes.ts';
import { recordOf } from './vm-place.ts';
import type { VmProcess } from './vm-processes.ts';

const adoptedLookMs = 250;

/**
 * Whether it ever ran. An agent that died between the process and `InstanceStart` leaves one that never will, and so does a
 * jailer that is still at work. One that does not answer is given the benefit of the doubt: a guest may be in it.
 */
export async function hasBooted(
  { vm, value: id }: VmProcess,
  options: FirecrackerDriverOptions,
): Promise<boolean> {
  const place = placeOf(vm, options.folder);
  const record = await recordOf(place);
  if (record === undefined) return false;
  const path = onHost(jailOf(place, record.programName, id), jailed.apiSocket);
  const { answerMs } = options.patience ?? defaultPatience;
  const api = await ApiClient.open(path, options.clock, answerMs).catch(() => undefined);
  if (api === undefined) return false;
  try {
    const answer = await api.call(stateRequest);
    return typeof answer === 'object' && answer !== null && Reflect.get(answer, 'state') !== 'Not started';
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED');
  } finally {
    await api.close();
  }
}

/** Its end must be looked for, and how it ended is read from its last words. */
export async function takeUp(found: VmProcess, options: FirecrackerDriverOptions): Promise<HeldVm> {
  const { vm, pid } = found;
  const place = placeOf(vm, options.folder);
  const record = await recordOf(place);
  const pipes = [await watchPipe(place.pipes.log, options.openLog(place.words))];
  if (record !== undefined)
    pipes.push(await watchPipe(place.pipes.console, options.openLog(hostPath(record.consolePath))));
  const released = new AbortController();
  const look = async (): Promise<VmEnd> => {
    while (await options.processes.isAlive(found)) await options.clock.sleep(adoptedLookMs, released.signal);
    await drained(pipes);
    const log = await lastWords(place);
    const { how, detail } = endOfWords(log);
    const said = lastComplaint(log);
    return { how, detail: said === '' ? detail : `${detail}; ${said}` };
  };
  // After `release` nobody listens any more, and the promise is never to reject.
  const ended = look().catch(() => new Promise<VmEnd>(() => undefined));
  const letGo = () => {
    released.abort();
    for (const pipe of pipes) pipe.close();
  };
  return { running: { vm, pid, ended }, letGo };
}
