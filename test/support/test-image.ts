import { buildDefaultImage, hostImages } from '../../src/main/default-image.ts';
import type { BootFiles } from '../../src/ports/image-source.ts';

/** The default image, built by whichever test needs it first: about a minute, and nothing when it is there. */
export async function testImage(): Promise<BootFiles> {
  const { digest } = await buildDefaultImage({ keep: 4 });
  return hostImages().resolve(digest);
}
