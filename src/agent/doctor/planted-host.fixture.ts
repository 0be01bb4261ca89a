// A host of which every fact is planted: nothing is there but what a test says.

import { imageDigest } from '../../domain/ids.ts';
import type {
  Fact,
  FactSource,
  FileMark,
  HttpReached,
  ProgramOutput,
  Reached,
  Room,
  WriteSpeed,
} from '../../ports/host-facts.ts';
import { ImageError, type ImageSource } from '../../ports/image-source.ts';
import type { Check, Finding, FirewallTruth, KvmTruth, Plan, Sources } from './check.ts';

export interface Planted {
  /** Texts by path; undefined for one that permissions hide. */
  files?: Readonly<Record<string, string | undefined>>;
  marks?: Readonly<Record<string, Partial<FileMark>>>;
  /** By program and arguments, or by the program alone. */
  programs?: Readonly<Record<string, Partial<ProgramOutput>>>;
  devices?: readonly string[];
  room?: Partial<Room>;
  speed?: WriteSpeed;
  names?: Readonly<Record<string, Reached>>;
  ports?: Readonly<Record<string, Reached>>;
  http?: HttpReached;
  userId?: number;
  kvm?: KvmTruth;
  firewall?: Partial<FirewallTruth>;
  /** Digit of an image to its problem. */
  images?: Readonly<Record<string, string | undefined>>;
}

export const plan: Plan = {
  driver: 'firecracker',
  network: 'tap',
  arch: 'x64',
  folder: '/var/lib/bellows',
  diskFolder: '/var/lib/bellows/disks',
  imagesFolder: '/var/cache/bellows/images',
  url: 'https://bellows.example',
  memoryMib: 30_000,
  cpus: 16,
  vms: 10,
  cgroup: 'bellows.slice/vms',
  users: { first: 900_000, count: 100 },
  programs: { qemu: 'qemu-system-x86_64', firecracker: 'firecracker', jailer: 'jailer' },
};

const absent = { kind: 'absent' } as const;
const seen = <T>(value: T | undefined): Fact<T> => (value === undefined ? absent : { kind: 'seen', value });
const hidden = (path: string) => ({ kind: 'hidden', why: `no permission for ${path}` }) as const;

export function plantedHost(planted: Planted): FactSource {
  const { files = {}, marks = {}, programs = {}, devices = [] } = planted;
  return {
    text: async (path) => (path in files && files[path] === undefined ? hidden(path) : seen(files[path])),
    names: async (path) => {
      const below = Object.keys(files).filter((name) => name.startsWith(`${path}/`));
      const names = new Set(below.map((name) => name.slice(path.length + 1).split('/')[0] ?? ''));
      return below.length === 0 ? absent : seen([...names].sort());
    },
    mark: async (path) => {
      const mark = marks[path];
      return mark === undefined ? absent : seen({ kind: 'folder', uid: 0, gid: 0, mode: 0o755, ...mark });
    },
    realPath: async (path) => seen(path),
    opens: async (path) =>
      devices.includes(path) ? seen('opened' as const) : path in files ? hidden(path) : absent,
    run: async (program, args) => {
      const output = programs[[program, ...args].join(' ')] ?? programs[program];
      return output === undefined ? absent : seen({ code: 0, out: '', err: '', ...output });
    },
    room: async () =>
      planted.room === undefined
        ? absent
        : seen({ bytes: 1e12, freeBytes: 5e11, inodes: 1e7, freeInodes: 9e6, ...planted.room }),
    writeSpeed: async () => seen(planted.speed),
    lookUp: async (name) => planted.names?.[name] ?? { ok: false, why: 'ENOTFOUND' },
    connect: async (host, port) => planted.ports?.[`${host}:${port}`] ?? { ok: false, why: 'timed out' },
    get: async () => planted.http ?? { ok: false, why: 'connection refused' },
    userId: () => planted.userId ?? 0,
  };
}

const digestOf = (digit: string) => imageDigest(`sha256:${digit.repeat(64)}`);

function plantedImages(images: Planted['images'] = {}): ImageSource {
  return {
    list: async () => Object.keys(images).map(digestOf),
    ages: async () => [],
    resolve: async (digest) => {
      const problem = images[digest.slice(-1)];
      if (problem !== undefined) throw new ImageError(problem);
      return { digest, kernelPath: '/k', initramfsPath: '/i', rootPath: '/r' };
    },
  };
}

export const sourcesOf = (planted: Planted): Sources => ({
  host: plantedHost(planted),
  images: plantedImages(planted.images),
  kvm: async () =>
    planted.kvm ?? { guests: 'untried', reason: 'there is no image', mend: 'bellows image build' },
  firewall: async () => seen(planted.firewall && { problems: [], others: [], ...planted.firewall }),
});

/** What a check says of such a host. */
export const examined = (check: Check, planted: Planted, differing: Partial<Plan> = {}): Promise<Finding> =>
  check.examine(sourcesOf(planted), { ...plan, ...differing });
