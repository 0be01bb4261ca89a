import type { CertificateReading } from '../domain/alerts/certificate.ts';

/** The TLS certificate that whoever calls us sees. */
export interface Certificate {
  /** The name that it is for. */
  readonly host: string;
  /** Looks at it as it is now, also one that nobody should trust; never throws, and takes some seconds at most. */
  read(): Promise<CertificateReading>;
}
