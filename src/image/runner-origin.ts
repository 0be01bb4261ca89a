// Which of GitHub's runners goes into an image, and how old it is: GitHub gives no jobs to one that is far behind the newest.

import type { ImageAge } from '../domain/hosts/vitals.ts';
import { instantOf } from '../domain/time.ts';
import type { ImageWorkshop } from '../ports/image-workshop.ts';

type Runner = NonNullable<ImageAge['runner']>;

/** .NET's list of what the program needs, which names the program with its version (actions/runner 2.3xx). */
const needs = /(?:^| )(\.?\/?bin\/Runner\.Listener\.deps\.json)$/;

/** Of actions/runner; the build's script, `images/assemble.sh`, tells it by the same endings. */
export const isArchive = (runner: string): boolean => /\.(tar\.gz|tgz)$/.test(runner);

/** @param runner as in `BuildOptions`: the simulated one's bundle, or an archive of actions/runner. */
export async function runnerOrigin(runner: string, workshop: Pick<ImageWorkshop, 'run'>): Promise<Runner> {
  if (!isArchive(runner)) return { version: 'simulated' };
  let member: string | undefined;
  let releasedAt: Runner['releasedAt'];
  await workshop.run({
    program: 'tar',
    args: ['--utc', '--full-time', '-tvzf', runner],
    onLine(line) {
      const found = needs.exec(line)?.[1];
      if (found === undefined) return;
      member = found;
      releasedAt = timeIn(line);
    },
  });
  const told = member === undefined ? undefined : await versionIn(runner, member, workshop);
  // The name that GitHub gives its archives, should a later runner be made of other files.
  const version = told ?? /-(\d+\.\d+\.\d+)\.(?:tar\.gz|tgz)$/.exec(runner)?.[1] ?? 'unknown';
  return { version, ...(releasedAt !== undefined && { releasedAt }) };
}

/** The file's own time: GitHub builds a release a few hours before it publishes it. */
function timeIn(line: string): Runner['releasedAt'] {
  const [, day, time] = / (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/.exec(line) ?? [];
  return day === undefined ? undefined : instantOf(Date.parse(`${day}T${time}Z`));
}

async function versionIn(
  archive: string,
  member: string,
  workshop: Pick<ImageWorkshop, 'run'>,
): Promise<string | undefined> {
  let version: string | undefined;
  await workshop.run({
    program: 'tar',
    args: ['-xzOf', archive, member],
    onLine(line) {
      version ??= /"Runner\.Listener\/(\d+\.\d+\.\d+)"/.exec(line)?.[1];
    },
  });
  return version;
}
