import type { IncomingHttpHeaders } from 'node:http';
import type { HttpHeaders } from '../../ports/http.ts';

/** Node joins most headers that came twice by itself, and gives a list of the others. */
export const flatHeaders = (headers: IncomingHttpHeaders): HttpHeaders =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
