import { availableParallelism, release } from 'node:os';
import type { HostLoad } from '../../ports/host-load.ts';
import type { HostVitalsReader } from '../../ports/host-vitals.ts';
import type { ImageSource } from '../../ports/image-source.ts';

/** @param folder on the file system that VMs' disks lie on. */
export const linuxHostVitals = (
  load: HostLoad,
  images: Pick<ImageSource, 'ages'>,
  folder: string,
): HostVitalsReader => ({
  async read() {
    const [facts, ages] = await Promise.all([load.read(folder), images.ages()]);
    return { ...facts, processors: availableParallelism(), kernel: release(), images: ages };
  },
});
