import { type ImageDigest, imageDigest } from '../src/domain/ids.ts';
import { buildDefaultImage } from '../src/main/default-image.ts';

/** The image that the demo's VMs start from, built when it is not there; a name without an image where there are no VMs. */
export async function provideImage(
  driver: 'qemu' | 'sim',
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<ImageDigest> {
  if (driver === 'sim') return imageDigest(`sha256:${'0'.repeat(64)}`);
  let told = 0;
  const image = await buildDefaultImage({
    signal,
    onProgress: (progress) => {
      if (progress.state === 'begun') say(`image: ${progress.step} …`);
      if (progress.state === 'running' && Date.now() - told > 5_000) {
        told = Date.now();
        say(`image: ${progress.step}: ${progress.line.slice(0, 90)}`);
      }
    },
  });
  say(image.cached ? `image ${short(image.digest)} is there already` : `image ${short(image.digest)} built`);
  return image.digest;
}

const short = (digest: ImageDigest): string => digest.slice(7, 19);
