// Images on this host: one folder for each, named by its digest. A folder appears by one rename and never changes.

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ImageAge } from '../../domain/hosts/vitals.ts';
import { type ImageDigest, imageDigest } from '../../domain/ids.ts';
import { instantOf } from '../../domain/time.ts';
import { ImageError, type ImageOrigin, type ImageShelf } from '../../ports/image-source.ts';
import {
  contentText,
  type ImageManifest,
  type ImagePart,
  imageFiles,
  imageFormat,
  imageManifest,
  imageParts,
} from '../../wire/image-manifest.ts';
import { inUse } from './images-in-use.ts';

const manifestName = 'manifest.json';
/** What was found right, with the files' marks at that time, so that an unchanged file is not read again. */
const verifiedName = 'verified.json';

/** @param folder holds all images; made when the first one is published. */
export function imageStore(folder: string): ImageShelf {
  const verifying = new Map<ImageDigest, Promise<void>>();
  const place = (digest: ImageDigest) => join(folder, digest.replace('sha256:', ''));
  const verifiedOnce = (digest: ImageDigest): Promise<void> => {
    // Several VMs that start at once share one reading of a gigabyte.
    const running = verifying.get(digest) ?? verify(place(digest), digest);
    verifying.set(digest, running);
    return running.finally(() => verifying.delete(digest));
  };
  const there = async (): Promise<ImageDigest[]> => {
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      // Nothing was published yet. A folder that cannot be read is not one without images.
      if (error.code === 'ENOENT') return [];
      throw new ImageError(`the images in ${folder} cannot be read: ${error.message}`);
    });
    return names
      .filter((name) => /^[0-9a-f]{64}$/.test(name))
      .sort()
      .map((name) => imageDigest(`sha256:${name}`));
  };
  const newestFirst = async (): Promise<ImageDigest[]> => {
    const dated = await Promise.all(
      (await there()).map(async (digest) => ({ digest, at: (await stat(place(digest))).mtimeMs })),
    );
    return dated.sort((a, b) => b.at - a.at).map(({ digest }) => digest);
  };
  const removeUnused = async (old: readonly ImageDigest[]): Promise<ImageDigest[]> => {
    const busy = await inUse(old.map(place));
    const unused = old.filter((digest) => !busy.has(place(digest)));
    await Promise.all(unused.map((digest) => rm(place(digest), { recursive: true, force: true })));
    return unused;
  };
  return {
    list: newestFirst,
    ages: async () => Promise.all((await newestFirst()).map((digest) => ageOf(place(digest), digest))),
    newest: async () => (await newestFirst())[0],
    prune: async (keep) => removeUnused((await newestFirst()).slice(keep)),
    retire: async ({ wanted, keep, used }) => {
      const all = await newestFirst();
      const at = all.indexOf(wanted);
      const older = at < 0 ? [] : all.slice(at + 1 + keep);
      return removeUnused(older.filter((digest) => !used.has(digest)));
    },
    resolve: async (digest) => {
      await verifiedOnce(digest);
      const path = (part: ImagePart) => join(place(digest), imageFiles[part]);
      return { digest, kernelPath: path('kernel'), initramfsPath: path('initramfs'), rootPath: path('root') };
    },
    madeFrom: async (recipe) => {
      for (const digest of await there()) {
        const manifest = await readManifest(place(digest)).catch(() => undefined);
        if (manifest?.recipe !== recipe) continue;
        const isWhole = await verifiedOnce(digest).then(
          () => true,
          () => false,
        );
        if (isWhole) return digest;
      }
      return undefined;
    },
    publish: (from, about) => publish(folder, from, about),
  };
}

async function publish(folder: string, from: string, about: ImageOrigin): Promise<ImageDigest> {
  const [kernel, initramfs, root] = await Promise.all(
    imageParts.map((part) => describe(join(from, imageFiles[part]))),
  );
  const files = imageManifest.shape.files.parse({ kernel, initramfs, root });
  const manifest: ImageManifest = { format: imageFormat, ...about, files };
  const digest = digestOf(manifest);
  const target = join(folder, digest.replace('sha256:', ''));
  const manifestText = `${JSON.stringify(manifest, undefined, 2)}\n`;
  const isWhole = await verify(target, digest).then(
    () => true,
    () => false,
  );
  // VMs may be starting from what is there, so a whole image stays, and only learns of its new recipe.
  if (isWhole) {
    await writeFile(join(from, manifestName), manifestText);
    await rename(join(from, manifestName), join(target, manifestName));
    return digest;
  }
  const coming = join(folder, `.coming-${randomBytes(6).toString('hex')}`);
  await mkdir(coming, { recursive: true });
  try {
    for (const part of imageParts) await rename(join(from, imageFiles[part]), join(coming, imageFiles[part]));
    await writeFile(join(coming, manifestName), manifestText);
    await rm(target, { recursive: true, force: true });
    await rename(coming, target);
  } catch (cause) {
    await rm(coming, { recursive: true, force: true });
    throw new ImageError(`cannot publish image ${digest} in ${folder}`, { cause });
  }
  await writeFile(join(target, verifiedName), JSON.stringify(await marksOf(target)));
  return digest;
}

/** @throws ImageError when a file is missing or other than the manifest says. */
async function verify(place: string, digest: ImageDigest): Promise<void> {
  const mend = `build it again with: bellows image build (or copy the folder ${place} from a host that has it)`;
  const manifest = await readManifest(place).catch((cause: unknown) => {
    throw new ImageError(`image ${digest} is not on this host; ${mend}`, { cause });
  });
  if (digestOf(manifest) !== digest)
    throw new ImageError(`image ${digest} is damaged: its manifest is another image's; ${mend}`);
  const marks = await marksOf(place).catch((cause: unknown) => {
    throw new ImageError(`image ${digest} is damaged: a file is missing; ${mend}`, { cause });
  });
  const known = await readFile(join(place, verifiedName), 'utf8').catch(() => '');
  if (known === JSON.stringify(marks)) return;
  for (const part of imageParts) {
    const found = await describe(join(place, imageFiles[part]));
    const { bytes, sha256 } = manifest.files[part];
    if (found.bytes !== bytes || found.sha256 !== sha256)
      throw new ImageError(`image ${digest} is damaged: ${imageFiles[part]} has changed; ${mend}`);
  }
  // A store that this user may only read works too, with a reading at each start of the agent.
  await writeFile(join(place, verifiedName), JSON.stringify(marks)).catch(() => undefined);
}

async function readManifest(place: string): Promise<ImageManifest> {
  const text = await readFile(join(place, manifestName), 'utf8');
  const parsed = imageManifest.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new ImageError(`${basename(place)}/${manifestName} is of an unknown format`, {
      cause: parsed.error,
    });
  return parsed.data;
}

/** An image whose manifest cannot be read, or is of an older build, is as old as its folder. */
async function ageOf(place: string, digest: ImageDigest): Promise<ImageAge> {
  const manifest = await readManifest(place).catch(() => undefined);
  const builtAt = manifest?.builtAt ?? Math.round((await stat(place)).mtimeMs);
  const runner = manifest?.runner;
  return {
    digest,
    builtAt: instantOf(builtAt),
    ...(runner !== undefined && {
      runner: {
        version: runner.version,
        ...(runner.releasedAt !== undefined && { releasedAt: instantOf(runner.releasedAt) }),
      },
    }),
  };
}

/** Changes whenever a file is written, replaced or restored with other content by ordinary means. */
async function marksOf(place: string): Promise<object> {
  const stats = await Promise.all(imageParts.map((part) => stat(join(place, imageFiles[part]))));
  return stats.map(({ size, mtimeMs, ctimeMs, ino }) => ({ size, mtimeMs, ctimeMs, ino }));
}

async function describe(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

function digestOf(manifest: ImageManifest): ImageDigest {
  return imageDigest(`sha256:${createHash('sha256').update(contentText(manifest)).digest('hex')}`);
}
