import type { CallOf } from '../wire/api/endpoints.ts';
import { type Command, outcomeOf } from './outcome.ts';

export type EnrolTokenRequest = NonNullable<CallOf<'makeEnrolToken'>['body']>;

/** `bellows host enrol-token` */
export const enrolToken =
  (body: EnrolTokenRequest): Command =>
  async (api) =>
    outcomeOf(await api.call('makeEnrolToken', { body }), (value) => ({
      ok: true,
      json: value,
      text: [
        value.token,
        '',
        `Good for one host, until ${value.expiresAt}. On that host:`,
        '  1. put it into a file that only you can read, and name the file in BELLOWS_ENROL_TOKEN_FILE',
        '  2. set BELLOWS_URL to the address of this control plane',
        '  3. bellows agent',
      ].join('\n'),
    }));
