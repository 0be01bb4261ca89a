/** `640 MiB`, `3.5 GiB` */
export const sizeText = (mib: number): string =>
  mib < 1024 ? `${Math.round(mib)} MiB` : `${Math.round(mib / 102.4) / 10} GiB`;

/** `1.4` */
export const cpusText = (milliCpus: number): string => (milliCpus / 1000).toFixed(1);
