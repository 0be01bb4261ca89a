// The guest's two programs as single files: from their sources in a checkout, ready-made in the installed package.

import type { ImageWorkshop } from '../ports/image-workshop.ts';

export interface GuestBundles {
  agent: string;
  runner: string;
}

/** Some packages are CommonJS inside and call `require` for Node's own modules. */
const banner =
  "import { createRequire as createRequireForBundle } from 'node:module';const require = createRequireForBundle(import.meta.url);";

/** @param packageRoot the checkout, or the folder where the package is installed. @param folder takes what is bundled. */
export async function guestBundles(
  packageRoot: string,
  folder: string,
  workshop: ImageWorkshop,
): Promise<GuestBundles> {
  const one = async (name: 'agent' | 'sim-runner'): Promise<string> => {
    const source = `${packageRoot}/guest/${name}/main.ts`;
    if (!(await workshop.exists(source))) return `${packageRoot}/dist/guest/${name}.js`;
    const output = `${folder}/${name}.js`;
    await workshop.run({
      program: `${packageRoot}/node_modules/.bin/esbuild`,
      // Small files start sooner: in emulation the reading of the source is a good part of the agent's start.
      args: [
        source,
        `--outfile=${output}`,
        `--banner:js=${banner}`,
        ...[
          '--bundle',
          '--platform=node',
          '--format=esm',
          '--target=node24',
          '--minify',
          '--log-level=error',
        ],
      ],
    });
    return output;
  };
  const [agent, runner] = await Promise.all([one('agent'), one('sim-runner')]);
  return { agent, runner };
}
