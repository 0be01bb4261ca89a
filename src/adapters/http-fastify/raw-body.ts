// Fastify's own reader copies every body once more. Node has made the chunks for us alone, and a delivery is mostly one
// chunk, so that is the body as it is: under load the garbage of the copies cost more than checking the signatures.

import type { Readable } from 'node:stream';
import { errorCodes, type FastifyRequest } from 'fastify';

/** Reads the body of `request` as bytes. Fails with what fastify answers 413 (over `maxBytes`, unread) or 400 for. */
export function rawBody(request: FastifyRequest, payload: Readable, maxBytes: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  if (Number(request.headers['content-length']) > maxBytes) {
    reject(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
    return promise;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  payload.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) {
      chunks.length = 0;
      reject(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
    } else chunks.push(chunk);
  });
  payload.on('end', () => {
    const [first = new Uint8Array()] = chunks;
    resolve(chunks.length > 1 ? Buffer.concat(chunks, length) : first);
  });
  payload.on('error', (cause) => reject(Object.assign(cause, { statusCode: 400 })));
  return promise;
}
