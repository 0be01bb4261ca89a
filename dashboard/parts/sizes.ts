/** `640 MiB`, `3.5 GiB` */
export const sizeText = (mib: number): string =>
  mib < 1024 ? `${Math.round(mib)} MiB` : `${Math.round(mib / 102.4) / 10} GiB`;

/** `1.4` */
export const cpusText = (milliCpus: number): string => (milliCpus / 1000).toFixed(1);

const mib = 1024 * 1024;
export const bytesText = (bytes: number): string =>
  bytes < 10 * 1024 * 1024 * mib ? sizeText(bytes / mib) : `${Math.round(bytes / 1024 / 1024 / mib)} TiB`;

export const pingText = (ms: number): string => `ping ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e5) / 10} MB`;

/** What came in and what went out. */
export const trafficText = (bytes: { receivedBytes: number; sentBytes: number }): string =>
  `${megabytes(bytes.receivedBytes)} in, ${megabytes(bytes.sentBytes)} out`;
