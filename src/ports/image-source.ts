import type { ImageDigest } from '../domain/ids.ts';

/** Images that this host has, each verified against its digest before its first use. */
export interface ImageSource {
  /**
   * @throws ImageError when the image is not on this host or its content does not match its digest; the message says how
   * to mend it.
   */
  resolve(digest: ImageDigest): Promise<BootFiles>;
  list(): Promise<readonly ImageDigest[]>;
}

/** What a VM boots from; absolute paths of files that never change. */
export interface BootFiles {
  digest: ImageDigest;
  kernelPath: string;
  initramfsPath: string;
  rootPath: string;
}

export class ImageError extends Error {
  override readonly name = 'ImageError';
}
