// `bellows image`: builds and lists the images that VMs start from.

import { Command } from 'commander';
import type { BuildProgress, BuiltImage } from '../image/build-image.ts';
import { buildDefaultImage, type DefaultImageOptions, hostImages } from './default-image.ts';

interface BuildFlags {
  recipe?: string;
  runner?: string;
  fresh?: boolean;
  json?: boolean;
}

export function command(): Command {
  const program = new Command('bellows image').description('Build and list the images that VMs start from');
  program
    .command('build')
    .description('Build an image from Debian packages, or find it built')
    .option('--recipe <folder>', 'folder with a packages.list, instead of the recipe that we ship')
    .option(
      '--runner <archive>',
      "archive of GitHub's actions/runner (.tar.gz), instead of our simulated one",
    )
    .option('--fresh', 'ask for newer packages although the recipe has not changed')
    .option('--json', 'print one JSON object as the last line')
    .action(build);
  program
    .command('list')
    .description('List the images of this host')
    .option('--json', 'print one JSON object as the last line')
    .action(list);
  return program;
}

export async function main(args: readonly string[]): Promise<void> {
  await command().parseAsync(args, { from: 'user' });
}

function build(flags: BuildFlags): Promise<void> {
  return tellOf(flags, async () => {
    const options: DefaultImageOptions = {
      ...(flags.recipe !== undefined && { recipeFolder: flags.recipe }),
      ...(flags.runner !== undefined && { runnerArchive: flags.runner }),
      ...(flags.fresh !== undefined && { fresh: flags.fresh }),
      onProgress: tellProgress,
    };
    const image = await buildDefaultImage(options);
    return { text: summary(image), json: { ...image } };
  });
}

const summary = ({ digest, cached, seconds }: BuiltImage): string =>
  cached ? `${digest} (was there already)` : `${digest} (built in ${Math.round(seconds)} s)`;

function tellProgress(progress: BuildProgress): void {
  if (progress.state === 'begun') process.stderr.write(`${progress.step} …\n`);
  if (progress.state === 'done') process.stderr.write(`${progress.step}: ${progress.seconds.toFixed(1)} s\n`);
}

function list(flags: { json?: boolean }): Promise<void> {
  return tellOf(flags, async () => {
    const images = await hostImages().list();
    return {
      text: images.length === 0 ? 'No images: bellows image build' : images.join('\n'),
      json: { images },
    };
  });
}

/** Prints what came of it, or what went wrong, for people or as the last line for programs. */
async function tellOf(
  { json }: { json?: boolean },
  work: () => Promise<{ text: string; json: object }>,
): Promise<void> {
  try {
    const done = await work();
    process.stdout.write(`${json ? JSON.stringify({ ok: true, ...done.json }) : done.text}\n`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.exitCode = 1;
    if (json) process.stdout.write(`${JSON.stringify({ ok: false, message })}\n`);
    else process.stderr.write(`${message}\n`);
  }
}
