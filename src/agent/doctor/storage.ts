// Where disks, images and keys lie.

import type { Fact, FileMark } from '../../ports/host-facts.ts';
import { ImageError, type ImageSource } from '../../ports/image-source.ts';
import { defineCheck, failure, fine, skipped, warning } from './check.ts';
import { allOf, marksUpFrom } from './gather.ts';
import { linesOf, mountOf, mountsIn } from './proc-text.ts';

const gib = 1024 ** 3;
/** Below the first a new VM is refused; below the second not even one VM can fill a disk of the usual size. */
const leastFreeBytes = 2 * gib;
const usualDiskBytes = 20 * gib;

export const diskSpace = defineCheck({
  id: 'disk-space',
  group: 'storage',
  title: 'There is room for the disks of VMs',
  means: 'Jobs fail when they fill their disk, or get no VM at all.',
  mend: 'Free some space there, remove old images, or give VMs a disk of their own.',
  look: ({ host }, { diskFolder }) => ({ room: host.room(diskFolder) }),
  judge: ({ room }, { diskFolder }) => {
    if (room === undefined) return skipped(`${diskFolder} is not there`);
    const found = `${(room.freeBytes / gib).toFixed(1)} GiB free for ${diskFolder}`;
    if (room.freeBytes < leastFreeBytes) return failure(found);
    return room.freeBytes < usualDiskBytes ? warning(found) : fine(found);
  },
});

export const inodes = defineCheck({
  id: 'inodes',
  group: 'storage',
  title: 'There are inodes left',
  means: 'No file can be made although there is space: VMs do not start.',
  mend: 'Find the folder with too many files: sudo du --inodes -x / | sort -n | tail',
  look: ({ host }, { diskFolder }) => ({ room: host.room(diskFolder) }),
  judge: ({ room }) => {
    if (room === undefined) return skipped('the folder is not there');
    if (room.inodes === 0) return fine('this file system does not count them');
    const percent = Math.round((100 * room.freeInodes) / room.inodes);
    if (room.freeInodes < 1000) return failure(`${room.freeInodes} left`);
    return percent < 5 ? warning(`${percent} % left`) : fine(`${percent} % left`);
  },
});

const slowBytesPerSecond = 50 * 1024 ** 2;
const slowSyncMs = 250;

export const diskSpeed = defineCheck({
  id: 'disk-speed',
  group: 'storage',
  title: 'The disk is fast enough',
  means: 'Jobs that write much (builds, containers, databases) are held up, and several at once even more.',
  mend: 'Put the folder of the agent on a local SSD (BELLOWS_AGENT_FOLDER). If it is one: does something else write at the moment?',
  look: ({ host }, { diskFolder }) => ({ speed: host.writeSpeed(diskFolder) }),
  judge: ({ speed }, { diskFolder }) => {
    if (speed === undefined) return skipped(`${diskFolder} is not there: the agent makes it when it starts`);
    const { bytesPerSecond, worstSyncMs } = speed;
    const found = `${Math.round(bytesPerSecond / 1024 ** 2)} MiB/s, slowest sync ${Math.round(worstSyncMs)} ms`;
    return bytesPerSecond < slowBytesPerSecond || worstSyncMs > slowSyncMs ? warning(found) : fine(found);
  },
});

export const ownership = defineCheck({
  id: 'ownership',
  group: 'storage',
  title: 'Nobody else can write where the agent works',
  means: 'Another user of this host can exchange keys, images or disks, and so become root here.',
  mend: 'Give the folders named to root and take the right to write from others: sudo chown root: FOLDER; sudo chmod go-w FOLDER',
  look: ({ host }, plan) => ({
    agent: marksUpFrom(host, plan.folder),
    images: marksUpFrom(host, plan.imagesFolder),
    userId: host.userId(),
  }),
  judge: ({ agent = [], images = [], userId }, { folder }) => {
    const all = new Map([...agent, ...images]);
    const open = [...all].flatMap(([path, mark]) => {
      const why = whyOpen(mark, userId);
      return why === undefined ? [] : [`${path} (${why})`];
    });
    if (open.length > 0) return failure(open.join(', '));
    return agent[0]?.[0] === undefined
      ? skipped(`${folder} is not there`)
      : fine('only root and the agent can');
  },
});

function whyOpen({ uid, mode, kind }: FileMark, userId: number): string | undefined {
  if (uid !== 0 && uid !== userId) return `belongs to user ${uid}`;
  // With the sticky bit nobody can exchange what belongs to others (/tmp).
  const isSticky = kind === 'folder' && (mode & 0o1000) !== 0;
  return (mode & 0o022) !== 0 && !isSticky ? `mode ${(mode & 0o7777).toString(8)}` : undefined;
}

export const jailMount = defineCheck({
  id: 'jail-mount',
  group: 'storage',
  title: 'A jail can be made where VMs lie',
  means: 'Firecracker cannot start: its jail holds a program and device files.',
  mend: 'Mount that file system without nodev and noexec (/etc/fstab), or choose another BELLOWS_AGENT_FOLDER.',
  applies: ({ driver }) => driver === 'firecracker',
  look: ({ host }, { folder }) => ({
    mountinfo: host.text('/proc/self/mountinfo'),
    real: host.realPath(folder),
  }),
  judge: ({ mountinfo, real }, { folder }) => {
    const mount = mountinfo === undefined ? undefined : mountOf(mountsIn(mountinfo), real ?? folder);
    if (mount === undefined) return skipped('the kernel does not tell');
    const bad = mount.options.filter((option) => option === 'nodev' || option === 'noexec');
    return bad.length === 0 ? fine(mount.point) : failure(`${mount.point} is mounted ${bad.join(',')}`);
  },
});

export const diskQuotas = defineCheck({
  id: 'disk-quotas',
  group: 'storage',
  title: 'The disk holds each VMM to its share',
  means:
    'A VMM that a job has taken over can fill the disk that all VMs share. A job that has not is held by the size of its VM.',
  mend: 'Give VMs a disk of their own: bellows agent install --disk DEVICE makes one with quotas. Or mount with usrquota an ext4 that was made with -O quota, and sudo apt-get install quota.',
  applies: ({ network }) => network === 'tap',
  look: ({ host }, { diskFolder }) => ({
    mountinfo: host.text('/proc/self/mountinfo'),
    real: host.realPath(diskFolder),
    setquota: host.run('setquota', ['--version']),
  }),
  judge: ({ mountinfo, real, setquota }, { diskFolder }) => {
    const mount = mountinfo === undefined ? undefined : mountOf(mountsIn(mountinfo), real ?? diskFolder);
    if (mount === undefined) return skipped('the kernel does not tell');
    if (!mount.ofFileSystem.includes('usrquota')) return warning(`${mount.point} has no quotas for users`);
    return setquota === undefined
      ? failure(`${mount.point} has quotas, and setquota is missing`, {
          means: 'No VM can start: its quota cannot be set.',
          mend: 'sudo apt-get install quota',
        })
      : fine(`${mount.point} has quotas for users`);
  },
});

const userFiles = {
  passwd: '/etc/passwd',
  group: '/etc/group',
  subuid: '/etc/subuid',
  subgid: '/etc/subgid',
};

export const userPool = defineCheck({
  id: 'user-pool',
  group: 'storage',
  title: 'Each VMM has a user of its own, that nobody else has',
  means: 'A VMM that a job has taken over can touch files of another VM or of a user of this host.',
  mend: 'Choose a range of user ids that nothing on this host uses, with as many as VMs fit.',
  applies: ({ network }) => network === 'tap',
  look: ({ host }) => ({
    files: allOf(
      Object.fromEntries(Object.entries(userFiles).map(([name, path]) => [name, host.text(path)])),
    ),
  }),
  judge: ({ files = {} }, { users, vms }) => {
    if (users === undefined) return failure('no users are set apart for VMMs');
    const range = `${users.first} to ${users.first + users.count - 1}`;
    const inRange = (from: number, count: number) =>
      from < users.first + users.count && from + count > users.first;
    const owners = Object.entries(files).flatMap(([name, text = '']) =>
      linesOf(text).flatMap((line) => {
        const [owner = '', second, third] = line.split(':');
        const [from, count] = name.startsWith('sub') ? [second, third] : [third, 1];
        return inRange(Number(from), Number(count)) ? [`${owner} (${name})`] : [];
      }),
    );
    if (users.first < 1) return failure('root is among them');
    if (owners.length > 0) return failure(`${range}: also used by ${owners.join(', ')}`);
    return users.count < vms
      ? warning(`${range}: ${users.count} for ${vms} VMs`, { means: 'On a full host VMs fail to start.' })
      : fine(range);
  },
});

export interface ImageState {
  digest: string;
  /** Undefined when it is whole. */
  problem: string | undefined;
}

export const images = defineCheck({
  id: 'images',
  group: 'storage',
  title: 'The images are whole',
  means: 'VMs that are to start from such an image fail.',
  mend: 'Build it again: bellows image build',
  look: ({ images }) => ({ states: statesOf(images) }),
  judge: ({ states = [] }) => {
    if (states.length === 0)
      return failure('there is none', { means: 'No VM can start.', mend: 'bellows image build' });
    const bad = states.flatMap(({ problem }) => problem ?? []);
    return bad.length === 0
      ? fine(`${states.length} verified against ${states.length === 1 ? 'its digest' : 'their digests'}`)
      : failure(bad.join('; '));
  },
});

async function statesOf(images: ImageSource): Promise<Fact<readonly ImageState[]>> {
  const digests = await orProblem(images.list());
  if (typeof digests === 'string') return { kind: 'hidden', why: digests };
  const states: ImageState[] = [];
  for (const digest of digests) {
    const found = await orProblem(images.resolve(digest));
    states.push({ digest, problem: typeof found === 'string' ? found : undefined });
  }
  return { kind: 'seen', value: states };
}

/** What `asked` gives, or what is wrong with images, for people. */
const orProblem = <T extends object>(asked: Promise<T>): Promise<T | string> =>
  asked.catch((error: unknown) => {
    if (error instanceof ImageError) return error.message;
    throw error;
  });

export const storageChecks = [
  diskSpace,
  inodes,
  diskSpeed,
  ownership,
  userPool,
  diskQuotas,
  jailMount,
  images,
];
