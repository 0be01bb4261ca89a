import { GitHubError } from './github.ts';

/** So many failures one after the other are no chance any more. */
const mostInARow = 3;

/**
 * Asks GitHub one question after the other, and keeps what it tells: where a look takes hundreds of calls and GitHub fails one in a
 * hundred, no look would succeed as a whole. Goes on after a question that got no answer, or whose subject is gone by now; ends at
 * any other refusal, and when nothing comes any more.
 * @returns with the last failure, if there was one
 */
export async function askEach<Q, T>(
  questions: Iterable<Q>,
  ask: (question: Q) => Promise<readonly T[]>,
): Promise<{ told: readonly T[]; missed?: GitHubError }> {
  const told: T[] = [];
  let missed: GitHubError | undefined;
  let inARow = 0;
  for (const question of questions) {
    try {
      told.push(...(await ask(question)));
      inARow = 0;
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      missed = error;
      inARow += 1;
      const mayPass = error.kind === 'unavailable' || error.kind === 'not-found';
      if (!mayPass || inARow === mostInARow) break;
    }
  }
  return { told, ...(missed !== undefined && { missed }) };
}
