// Files from a web server, and the checksums by which they are believed.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SetupError } from '../../ports/host-setup.ts';

/** @param mend what the person who installs can do. @throws SetupError unless it answers with 200. */
export async function get(url: string, mend: string): Promise<Response> {
  const answer = await fetch(url).catch((cause: unknown) => {
    throw new SetupError(`${url} cannot be reached: ${mend}`, { cause });
  });
  if (!answer.ok) throw new SetupError(`${url} answers ${answer.status}: ${mend}`);
  return answer;
}

/** @throws SetupError also when the connection breaks before all of it has come. */
export async function download(url: string, target: string, mend: string): Promise<void> {
  const { body } = await get(url, mend);
  if (body === null) throw new SetupError(`${url} is empty`);
  await pipeline(Readable.fromWeb(body), createWriteStream(target)).catch((cause: unknown) => {
    throw new SetupError(`${url} broke off before all of it had come: try again, or ${mend}`, { cause });
  });
}

/** SHA-256 in hexadecimal digits. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk);
  return hash.digest('hex');
}
