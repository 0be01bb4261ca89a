// What lies beside an image's files on disk. Written by the image build, read by every host that boots the image.

import { z } from 'zod';

/** Raised when a host could no longer boot an image of the old format. */
export const imageFormat = 1;

/** The files of an image, by what they are. Their names are the same in every image. */
export const imageFiles = { kernel: 'vmlinux', initramfs: 'initramfs', root: 'root.erofs' } as const;
export type ImagePart = keyof typeof imageFiles;
export const imageParts: readonly ImagePart[] = ['kernel', 'initramfs', 'root'];

const file = z.object({ bytes: z.number().int().positive(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

export const imageManifest = z.object({
  format: z.literal(imageFormat),
  /** Of everything that went in: two builds with the same recipe digest need not be done twice. */
  recipe: z.string().regex(/^[0-9a-f]{64}$/),
  kernelVersion: z.string().max(128),
  /** Epoch milliseconds; images of older builds do not tell. */
  builtAt: z.number().int().optional(),
  /** GitHub's runner in it: its version, and the time that its files bear. */
  runner: z.object({ version: z.string().max(64), releasedAt: z.number().int().optional() }).optional(),
  files: z.object({ kernel: file, initramfs: file, root: file }),
});
export type ImageManifest = z.infer<typeof imageManifest>;

/** The text whose SHA-256 is the image's digest: it names the content alone, not how the image came about. */
export function contentText(manifest: ImageManifest): string {
  const lines = imageParts.map((part) => {
    const { bytes, sha256 } = manifest.files[part];
    return `${imageFiles[part]} ${bytes} ${sha256}`;
  });
  return `bellows image ${manifest.format}\n${lines.join('\n')}\n`;
}
