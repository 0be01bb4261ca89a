// The requests as bytes. The load generator shares two processors with what it measures, so it must be cheap: each
// connection has a buffer for each kind, in which only GUID, signature and number change from delivery to delivery.

import { type Envelopes, eventName, guidBytes, type Payload, signatureBytes } from './payload.ts';

/**
 * Buffers for one connection: gives the bytes of the request for delivery `n`. They may be called for when the request
 * before was answered, for then the server has read all of it.
 */
export function requestBuffer(
  address: string,
  payload: Payload,
  envelopes: Envelopes,
): (n: number) => Buffer {
  const made = new Map<number, (n: number) => Buffer>();
  return (n) => {
    const kind = payload.kind(n);
    const request = made.get(kind) ?? bufferLike(address, payload, envelopes, n);
    made.set(kind, request);
    return request(n);
  };
}

/** The same for deliveries of the kind of `example`. */
function bufferLike(
  address: string,
  { body, number }: Payload,
  { guids, signatures }: Envelopes,
  example: number,
): (n: number) => Buffer {
  const { host, pathname } = new URL(address);
  const guid = 'g'.repeat(guidBytes);
  const signature = 's'.repeat(signatureBytes);
  const bytes = body(example);
  const head = Buffer.from(
    [
      `POST ${pathname} HTTP/1.1`,
      `Host: ${host}`,
      'User-Agent: GitHub-Hookshot/044aadd',
      'Accept: */*',
      'Content-Type: application/json',
      `X-GitHub-Event: ${eventName}`,
      `X-GitHub-Delivery: ${guid}`,
      `X-Hub-Signature-256: ${signature}`,
      `Content-Length: ${bytes.length}`,
      '',
      '',
    ].join('\r\n'),
  );
  const request = Buffer.concat([head, bytes]);
  const places = {
    guid: head.indexOf(guid),
    signature: head.indexOf(signature),
    number: head.length + number.at,
  };
  return (n) => {
    guids.copy(request, places.guid, n * guidBytes, (n + 1) * guidBytes);
    signatures.copy(request, places.signature, n * signatureBytes, (n + 1) * signatureBytes);
    request.write(number.text(n), places.number, 'latin1');
    return request;
  };
}
