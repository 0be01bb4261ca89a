// Recipe → base (Debian packages, cached by themselves) → root file system with the guest's parts → kernel and
// initramfs → digest → shelf. The same ingredients give the image that is there already, at once.

import { createHash } from 'node:crypto';
import type { ImageDigest } from '../domain/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { ImageShelf } from '../ports/image-source.ts';
import { ImageError } from '../ports/image-source.ts';
import { CommandError, type ImageWorkshop } from '../ports/image-workshop.ts';
import { imageFiles } from '../wire/image-manifest.ts';
import { distributionSources } from './apt-sources.ts';
import { makeBoot } from './make-boot.ts';
import { isPattern, parsePackageList } from './recipe.ts';
import { isArchive, runnerOrigin } from './runner-origin.ts';

export interface BuildOptions {
  /** The recipe's folder: holds `packages.list`. */
  recipeFolder: string;
  /** Folder of the build's own scripts: `base-hook.sh`, `assemble.sh`. */
  scriptsFolder: string;
  /** Folder of the guest's parts that are no bundle: `initramfs-init`, `rootfs/`. */
  partsFolder: string;
  /** The guest agent, bundled into one file. */
  agentBundle: string;
  /** Node for the guest agent; a program for the guest's processor. */
  nodeProgram: string;
  /** Bundle of our sim-runner (.js), or an archive of actions/runner (.tar.gz or .tgz). */
  runner: string;
  /** Ask Debian for newer packages though the recipe has not changed. */
  fresh?: boolean;
  signal?: AbortSignal;
}

export interface BuildPorts {
  workshop: ImageWorkshop;
  shelf: ImageShelf;
  clock: Pick<Clock, 'now'>;
  onProgress?: (progress: BuildProgress) => void;
}

/** What a person waiting wants to see. `line` is the latest output of the program that runs. */
export type BuildProgress =
  | { step: BuildStep; state: 'begun' }
  | { step: BuildStep; state: 'running'; line: string }
  | { step: BuildStep; state: 'done'; seconds: number };
export type BuildStep = 'packages' | 'kernel' | 'root file system' | 'digest';

export interface BuiltImage {
  digest: ImageDigest;
  /** Whether it was there already. */
  cached: boolean;
  seconds: number;
}

/** Debian's package of a kernel for virtual machines. */
const kernelPackage = 'linux-image-cloud-amd64';
/** Packages take about a minute; a slow mirror many times that. */
const buildTimeoutMs = 30 * 60_000;

/** @throws ImageError with what to do, or CommandError with a program's last words. */
export async function buildImage(options: BuildOptions, ports: BuildPorts): Promise<BuiltImage> {
  const { workshop, shelf, clock } = ports;
  const begun = clock.now();
  const seconds = (): number => (clock.now() - begun) / 1000;
  const ingredients = await gather(options, workshop);
  const known = options.fresh === true ? undefined : await shelf.madeFrom(ingredients.recipe);
  if (known !== undefined) return { digest: known, cached: true, seconds: seconds() };

  await demandPrograms(workshop);
  const work = await workshop.newFolder();
  try {
    const step = stepper(ports);
    const base = await step('packages', (onLine) => provideBase(options, ingredients, work, ports, onLine));
    const out = `${work}/image`;
    const { kernelVersion } = await step('kernel', () =>
      makeBoot({ base, work, out, partsFolder: options.partsFolder }, workshop),
    );
    await step('root file system', (onLine) => assemble(options, base, work, out, workshop, onLine));
    const runner = await runnerOrigin(options.runner, workshop);
    const digest = await step('digest', () =>
      shelf.publish(out, { recipe: ingredients.recipe, kernelVersion, builtAt: clock.now(), runner }),
    );
    return { digest, cached: false, seconds: seconds() };
  } finally {
    await workshop.remove(work);
  }
}

interface Ingredients {
  packages: readonly string[];
  sources: string;
  codename: string;
  /** Digest of what the base is made from, and of all that the image is made from. */
  base: string;
  recipe: string;
}

async function gather(options: BuildOptions, workshop: ImageWorkshop): Promise<Ingredients> {
  const host = await workshop.host();
  const sources = distributionSources(host.aptSources, host.codename);
  if (host.distribution !== 'debian' || sources === undefined)
    throw new ImageError(
      `the image is made from Debian packages, and this host (${host.distribution} ${host.codename}) has no Debian sources in /etc/apt; build it on a Debian host and copy the image's folder`,
    );
  const list = await packageListIn(options.recipeFolder, workshop);
  await demandRunner(options.runner, workshop);
  const packages = parsePackageList(list);
  const hook = await workshop.digest(`${options.scriptsFolder}/base-hook.sh`);
  const base = digestOf([host.codename, sources, kernelPackage, ...packages, ...packageOptions, hook]);
  const parts = await Promise.all(
    [
      `${options.scriptsFolder}/assemble.sh`,
      options.partsFolder,
      options.agentBundle,
      options.nodeProgram,
      options.runner,
    ].map((path) => workshop.digest(path)),
  );
  return { packages, sources, codename: host.codename, base, recipe: digestOf([base, ...parts]) };
}

async function packageListIn(recipeFolder: string, workshop: ImageWorkshop): Promise<string> {
  const path = `${recipeFolder}/packages.list`;
  if (!(await workshop.exists(path)))
    throw new ImageError(`there is no packages.list in ${recipeFolder}: a recipe is a folder with one`);
  return new TextDecoder().decode(await workshop.read(path));
}

/** Anything else would go into the image, and fail in the first VM. */
async function demandRunner(runner: string, workshop: ImageWorkshop): Promise<void> {
  if (!(await workshop.exists(runner))) throw new ImageError(`there is no file ${runner}`);
  if (!isArchive(runner) && !runner.endsWith('.js'))
    throw new ImageError(
      `${runner} is no archive of actions/runner: give the one for Linux, actions-runner-linux-….tar.gz`,
    );
}

async function demandPrograms(workshop: ImageWorkshop): Promise<void> {
  const needed = ['mmdebstrap', 'mkfs.erofs', ...(workshop.rootless ? ['unshare', 'newuidmap'] : [])];
  const missing = await workshop.missing(needed);
  if (missing.length > 0)
    throw new ImageError(
      `missing: ${missing.join(', ')}. Install with: sudo apt-get install --no-install-recommends mmdebstrap erofs-utils uidmap`,
    );
  if (workshop.rootless) await demandNamespace(workshop);
}

/** Accounts made by `useradd --system`, or in a directory elsewhere, have no ids of their own; some kernels forbid it to all. */
async function demandNamespace(workshop: ImageWorkshop): Promise<void> {
  try {
    await workshop.run({ program: 'true', args: [], asOwner: true });
  } catch (cause) {
    if (!(cause instanceof CommandError)) throw cause;
    const mend =
      'give it ids with: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER (see what others have in /etc/subuid), or run as root';
    throw new ImageError(
      `this user cannot make a user namespace, which an image needs; ${mend}. ${cause.message}`,
      { cause },
    );
  }
}

/** Manual pages and translations are never read in a job. */
const packageOptions = [
  '--aptopt=Apt::Install-Recommends "false"',
  '--dpkgopt=path-exclude=/usr/share/man/*',
  '--dpkgopt=path-exclude=/usr/share/doc/*',
  '--dpkgopt=path-include=/usr/share/doc/*/copyright',
  '--dpkgopt=path-exclude=/usr/share/locale/*',
  '--dpkgopt=path-exclude=/usr/share/info/*',
];

async function provideBase(
  options: BuildOptions,
  { packages, sources, codename, base }: Ingredients,
  work: string,
  { workshop }: BuildPorts,
  onLine: (line: string) => void,
): Promise<string> {
  const kept = `${workshop.cacheFolder}/base-${base}.tar`;
  if (options.fresh !== true && (await workshop.exists(kept))) return kept;
  await workshop.write(`${work}/apt.sources`, sources);
  // As the user's own id the base is made in a namespace of mmdebstrap's; as root without one.
  await workshop.run({
    program: 'mmdebstrap',
    args: [
      `--mode=${workshop.rootless ? 'unshare' : 'root'}`,
      '--variant=minbase',
      '--format=tar',
      `--include=${packages.filter((name) => !isPattern(name)).join(',')}`,
      ...packages.filter(isPattern).map((pattern) => `--include=${pattern}`),
      ...packageOptions,
      `--customize-hook=sh '${options.scriptsFolder}/base-hook.sh' "$1" ${kernelPackage}`,
      codename,
      `${work}/base.tar`,
      `${work}/apt.sources`,
    ],
    onLine,
    timeoutMs: buildTimeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  await workshop.place(`${work}/base.tar`, kept);
  // Half a gigabyte each, of package lists that were.
  await workshop.forgetOld('base-', kept);
  return kept;
}

async function assemble(
  options: BuildOptions,
  base: string,
  work: string,
  out: string,
  workshop: ImageWorkshop,
  onLine: (line: string) => void,
): Promise<void> {
  const { scriptsFolder, partsFolder, agentBundle, nodeProgram, runner } = options;
  const script = `${scriptsFolder}/assemble.sh`;
  await workshop.run({
    program: 'sh',
    args: [script, work, base, partsFolder, agentBundle, nodeProgram, runner, `${out}/${imageFiles.root}`],
    asOwner: true,
    onLine,
    timeoutMs: buildTimeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

type Step = <T>(step: BuildStep, work: (onLine: (line: string) => void) => Promise<T>) => Promise<T>;

function stepper({ clock, onProgress }: BuildPorts): Step {
  return async (step, work) => {
    const begun = clock.now();
    onProgress?.({ step, state: 'begun' });
    const result = await work((line) => onProgress?.({ step, state: 'running', line }));
    onProgress?.({ step, state: 'done', seconds: (clock.now() - begun) / 1000 });
    return result;
  };
}

function digestOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
