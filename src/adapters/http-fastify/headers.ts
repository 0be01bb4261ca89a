import type { IncomingHttpHeaders } from 'node:http';
import type { HttpHeaders } from '../../ports/http.ts';

/** Node joins most headers that came twice by itself, and gives a list of the others. */
export function flatHeaders(headers: IncomingHttpHeaders): HttpHeaders {
  const flat: Record<string, string | undefined> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
