// A finding that is not `ok` always says what to do.

import type { Finding } from '../wire/api/system.ts';

/** @param subject whom it is about: an account, or empty for the App itself. */
export const ok = (check: string, subject: string, meaning: string): Finding => ({
  check,
  subject,
  result: 'ok',
  meaning,
  mend: '',
});

export const warning = (check: string, subject: string, meaning: string, mend: string): Finding => ({
  check,
  subject,
  result: 'warning',
  meaning,
  mend,
});

export const failure = (check: string, subject: string, meaning: string, mend: string): Finding => ({
  check,
  subject,
  result: 'failure',
  meaning,
  mend,
});
