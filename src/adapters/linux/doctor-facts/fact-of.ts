import type { Fact } from '../../../ports/host-facts.ts';

/** The outcome of a look at the host as a fact. `what` names it for people. */
export async function factOf<T>(what: string, look: () => Promise<T>): Promise<Fact<T>> {
  try {
    return { kind: 'seen', value: await look() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // A part of the path that is a file is as absent as one that is missing.
    if (['ENOENT', 'ENOTDIR', 'ENXIO', 'ENODEV'].includes(code)) return { kind: 'absent' };
    if (code === 'EACCES' || code === 'EPERM') return { kind: 'hidden', why: `no permission for ${what}` };
    return { kind: 'hidden', why: `${what}: ${error instanceof Error ? error.message : String(error)}` };
  }
}
