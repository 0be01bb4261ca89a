import type { ImageAge } from '../domain/hosts/vitals.ts';
import type { ImageDigest } from '../domain/ids.ts';

/** Images that this host has, each verified against its digest before its first use. */
export interface ImageSource {
  /**
   * @throws ImageError when the image is not on this host or its content does not match its digest; the message says how
   * to mend it.
   */
  resolve(digest: ImageDigest): Promise<BootFiles>;
  /** Newest first. @throws ImageError when the folder of images cannot be read. */
  list(): Promise<readonly ImageDigest[]>;
  /** The same, with what is known of their age. */
  ages(): Promise<readonly ImageAge[]>;
}

/** Where finished images are put. */
export interface ImageShelf extends ImageSource {
  /** The image that was published last. */
  newest(): Promise<ImageDigest | undefined>;
  /** The image that was made from exactly these ingredients, if it still is here and whole. */
  madeFrom(recipeDigest: string): Promise<ImageDigest | undefined>;
  /**
   * Takes the files in `folder` (named as in `wire/image-manifest.ts`) for its own, in one step: an image is there whole or
   * not at all. An image that is there already is success.
   */
  publish(folder: string, about: ImageOrigin): Promise<ImageDigest>;
  /** Removes all but the `keep` images that were published last, and those from which some process of this host runs. */
  prune(keep: number): Promise<readonly ImageDigest[]>;
  /**
   * Removes the images that were published before the wanted one, but for the `keep` newest of them, those that are `used`,
   * and those from which some process of this host runs. Nothing, while the wanted one is not here.
   */
  retire(order: RetireOrder): Promise<readonly ImageDigest[]>;
}

export interface ImageOrigin extends Omit<ImageAge, 'digest'> {
  recipe: string;
  kernelVersion: string;
}

export interface RetireOrder {
  wanted: ImageDigest;
  keep: number;
  used: ReadonlySet<ImageDigest>;
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
