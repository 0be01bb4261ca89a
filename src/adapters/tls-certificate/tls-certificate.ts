// Reads the certificate of an https address by a handshake; nothing is sent after it.

import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { CertificateReading } from '../../domain/alerts/certificate.ts';
import { type DurationMs, instantOf, seconds } from '../../domain/time.ts';
import type { Certificate } from '../../ports/certificate.ts';

export class TlsCertificate implements Certificate {
  readonly host: string;
  readonly #port: number;
  readonly #timeoutMs: DurationMs;

  /** @param url with `https:`. */
  constructor(url: string, timeoutMs: DurationMs = seconds(10)) {
    const { hostname, port } = new URL(url);
    this.host = hostname.replace(/^\[(.*)\]$/, '$1');
    this.#port = port === '' ? 443 : Number(port);
    this.#timeoutMs = timeoutMs;
  }

  read(): Promise<CertificateReading> {
    return new Promise((resolve) => {
      const socket = connect({
        host: this.host,
        port: this.#port,
        // One that has ended, or that we do not know the issuer of, is read all the same: nothing is trusted here.
        rejectUnauthorized: false,
        ...(isIP(this.host) === 0 && { servername: this.host }),
      });
      const end = (reading: CertificateReading): void => {
        socket.destroy();
        resolve(reading);
      };
      AbortSignal.timeout(this.#timeoutMs).addEventListener('abort', () =>
        end({ kind: 'unreachable', why: 'it did not answer in time' }),
      );
      socket.once('secureConnect', () => end(readingOf(socket.getPeerCertificate().valid_to)));
      socket.once('error', (error) => end({ kind: 'unreachable', why: reasonOf(error) }));
      socket.once('end', () => end({ kind: 'unreachable', why: 'it ended the connection' }));
    });
  }
}

/** @param validTo as OpenSSL writes it: `Jan  1 00:00:00 2027 GMT`. */
function readingOf(validTo: string | undefined): CertificateReading {
  const endsAt = Date.parse(validTo ?? '');
  return Number.isNaN(endsAt)
    ? { kind: 'unreachable', why: 'it showed no certificate' }
    : { kind: 'certificate', endsAt: instantOf(endsAt) };
}

const reasonOf = (error: Error): string => ('code' in error ? String(error.code).slice(0, 40) : error.name);
