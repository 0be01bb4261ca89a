// What Bellows learns about a job, in words.

import type { Names } from './names.ts';
import type { Data, Told } from './told.ts';

export function tellJob(names: Names, id: string, what: string, data: Data): Told | undefined {
  const told = wordsFor(what, data);
  return told === undefined ? undefined : { who: 'Bellows', subject: names.job(id), ...told };
}

function wordsFor(what: string, data: Data): Pick<Told, 'text'> | undefined {
  switch (what) {
    case 'heard':
      return heard(data);
    case 'read-missing':
      return { text: 'GitHub does not know it' };
    case 'wait-told':
      return { text: `its author is told at GitHub: ${data.reason}` };
    case 'wait-ended':
      return { text: 'GitHub is told that the wait is over' };
    case 'log-read':
      return { text: `the end of its log tells why it failed: ${data.class}` };
    case 'deadline':
      return {
        text: `${data.to} for long: ${data.spared === undefined ? 'read from the API' : spared(data)}`,
      };
    case 'repaired':
      return { text: `mended: ${data.repair} (${data.cause})` };
    default:
      return undefined;
  }
}

const spared = ({ spared }: Data): string =>
  spared === 'listed' ? 'GitHub has just listed it so' : 'looks have spent their share of the calls';

function heard(data: Data): Pick<Told, 'text'> {
  const how = data.source === 'delivery' ? 'a webhook' : 'GitHub, when asked,';
  if (data.undecided === true) return { text: `${how} says ${data.status}, which does not decide it` };
  if (data.from === data.to && data.to !== 'waiting')
    return { text: `${how} says ${data.status}: it stays ${data.to}` };
  const result = data.conclusion === undefined ? '' : ` (${data.conclusion})`;
  return { text: `${data.to}${result}, by ${data.source === 'delivery' ? 'webhook' : 'asking GitHub'}` };
}
