import type { Finding } from '../wire/api/system.ts';
import { type Command, outcomeOf } from './outcome.ts';

/** `bellows check github`: ends well unless something has failed; warnings are only told. */
export const checkGithub = (): Command => async (api) =>
  outcomeOf(await api.call('checkGithub'), ({ findings }) => {
    const failures = findings.filter(({ result }) => result === 'failure');
    const text = findings.map(lines).join('\n');
    const json = { ok: failures.length === 0, findings };
    if (failures.length === 0) return { ok: true, text, json };
    const are = failures.length === 1 ? '1 thing is' : `${failures.length} things are`;
    return { ok: false, message: `${text}\n\n${are} to be mended.`, json };
  });

const marks = { ok: 'ok     ', warning: 'warning', failure: 'FAILURE' };

const lines = ({ check, subject, result, meaning, mend }: Finding): string => {
  const first = `${marks[result]}  ${subject === '' ? check : `${check} of ${subject}`}: ${meaning}`;
  return mend === '' ? first : `${first}\n         → ${mend}`;
};
