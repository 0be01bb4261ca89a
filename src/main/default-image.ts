// Composes the image build for this host: where its ingredients lie, and where images are kept.

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { hostWorkshop } from '../adapters/image-store/host-workshop.ts';
import { imageStore } from '../adapters/image-store/image-store.ts';
import type { Instant } from '../domain/time.ts';
import { type BuildProgress, type BuiltImage, buildImage } from '../image/build-image.ts';
import { guestBundles } from '../image/guest-bundles.ts';
import { ImageError, type ImageShelf } from '../ports/image-source.ts';

export interface DefaultImageOptions {
  /** Folder with a `packages.list`; the recipe that we ship by default. */
  recipeFolder?: string;
  /** Archive of actions/runner (.tar.gz) instead of our sim-runner; by default what BELLOWS_RUNNER_DIST names. */
  runnerArchive?: string;
  /** Where images are kept; `cacheFolder()` by default. */
  folder?: string;
  fresh?: boolean;
  /** After a build, keep only so many images: each is a gigabyte, and whoever changes the guest makes many. */
  keep?: number;
  onProgress?: (progress: BuildProgress) => void;
  signal?: AbortSignal;
}

/** `~/.cache/bellows`, or what XDG_CACHE_HOME says. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'bellows');
}

/** The images of this user on this host. */
export function hostImages(folder = cacheFolder()): ImageShelf {
  return imageStore(join(folder, 'images'));
}

/** Builds the image, or finds it built. @throws ImageError with what to do, or CommandError with a program's words. */
export async function buildDefaultImage(options: DefaultImageOptions = {}): Promise<BuiltImage> {
  const folder = options.folder ?? cacheFolder();
  const workshop = hostWorkshop(join(folder, 'image-build'));
  const root = packageRoot();
  const archive = options.runnerArchive ?? process.env.BELLOWS_RUNNER_DIST;
  const bundleFolder = await workshop.newFolder();
  try {
    const { agent, runner } = await guestBundles(root, bundleFolder, workshop);
    const shelf = hostImages(folder);
    const built = await buildImage(
      {
        recipeFolder: resolve(options.recipeFolder ?? join(root, 'images/default')),
        scriptsFolder: join(root, 'images'),
        partsFolder: join(root, 'guest/init'),
        agentBundle: agent,
        nodeProgram: guestNode(root),
        runner: archive === undefined ? runner : resolve(archive),
        ...(options.fresh === undefined ? {} : { fresh: options.fresh }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      {
        workshop,
        shelf,
        clock: { now: () => Date.now() as Instant },
        ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      },
    );
    if (options.keep !== undefined && !built.cached) await shelf.prune(Math.max(1, options.keep));
    return built;
  } finally {
    await workshop.remove(bundleFolder);
  }
}

/** The nearest folder above that holds package.json: the checkout, or the installed package. */
function packageRoot(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error('bug: no package.json above the program');
  }
}

/** npm installs it as a package of its own, beside ours or below. */
function guestNode(root: string): string {
  const name = `node-${process.platform}-${process.arch}/bin/node`;
  const found = [join(root, 'node_modules', name), join(root, '..', name)].find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new ImageError(
    `Node for the guest is missing: install the package node-${process.platform}-${process.arch} (npm leaves it out with --omit=optional)`,
  );
}
