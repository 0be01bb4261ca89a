// What happens around the two machines, in words: GitHub, people, hosts, processes, and what is mended that is neither a job
// nor a VM.

import type { Names } from './names.ts';
import type { Data, Told } from './told.ts';

interface Line {
  who: string;
  what: string;
  data: Data;
  names: Names;
}

export function tellWorld(line: Line): Told | undefined {
  const { who, what, data } = line;
  if (who === 'github') return ofGitHub(line);
  if (who === 'person' || who === 'operator') return { who, text: what };
  if (who === 'storm') return { who, text: what };
  if (who === 'judge') return { who, text: `${what}: ${data.what}` };
  if (who === 'system') return what === 'repaired' ? { who: 'Bellows', text: mended(data) } : undefined;
  if (who.startsWith('host:')) return ofHostRow(who.slice('host:'.length), what, data);
  if (who.startsWith('server-')) return ofServer(line);
  if (who.startsWith('agent-')) return ofAgent(line);
  return ofMachine(line);
}

/** GitHub's own truth (`says`), and those deliveries that a reader should know of. */
function ofGitHub({ what, data, names }: Line): Told | undefined {
  if (what === 'says') {
    const { status, conclusion, runner, fate } = data;
    const subject = names.job(data.job);
    const result = conclusion === undefined ? '' : ` (${conclusion})`;
    const lost = fate === undefined ? '' : `, webhook ${fate}`;
    const text = `${status}${result}${lost}`;
    if (status !== 'in_progress') return { who: 'GitHub', subject, text };
    // A runner of somebody else's has another name than ours have.
    return /^bellows-sim-/.test(String(runner))
      ? { who: 'GitHub', subject, text, about: { words: 'on %', subject: names.vm(runner) } }
      : { who: 'GitHub', subject, text: `${text} on ${runner}` };
  }
  if (what === 'delivers') {
    if (data.job === undefined || (data.again !== true && data.lost === undefined)) return undefined;
    const lost = data.lost === undefined ? '' : `, but the ${data.lost} is lost`;
    const how = data.again === true ? 'sends again' : 'sends';
    return { who: 'GitHub', subject: names.job(data.job), text: `${how} ${data.action}${lost}` };
  }
  return { who: 'GitHub', text: what };
}

function mended({ repair, cause, ...rest }: Data): string {
  const whom = rest.runner === undefined ? '' : `${rest.runner}: `;
  return `${whom}mended: ${repair} (${cause})`;
}

function ofHostRow(host: string, what: string, data: Data): Told | undefined {
  return what === 'repaired' ? { who: 'Bellows', text: `${host}: ${mended(data)}` } : undefined;
}

function ofServer({ who, what, data }: Line): Told | undefined {
  if (what === 'started') return { who, text: 'starts' };
  if (what === 'died') return { who, text: data.at === 'killed' ? 'is killed' : `dies at ${data.at}` };
  if (what === 'warn: a host speaks of a VM that is not its own')
    return { who, text: `${data.host} speaks of ${data.vm}, of which the database knows nothing: it stays` };
  return undefined;
}

function ofAgent({ who, what, data, names }: Line): Told | undefined {
  const host = who.slice('agent-'.length);
  if (what === 'started') return { who: host, text: 'its agent starts' };
  if (what === 'died') return { who: host, text: 'its agent dies' };
  const subject = data.vm === undefined ? undefined : names.vm(data.vm);
  if (subject === undefined) return undefined;
  if (what === 'info: VM adopted') return { who: host, subject, text: 'adopted by the new agent' };
  if (what === 'warn: VM ended by the agent itself')
    return { who: host, subject, text: `ended by the agent itself: ${data.reason}` };
  if (what === 'warn: boot tried again') return { who: host, subject, text: `boots again: ${data.why}` };
  return undefined;
}

function ofMachine({ who, what, data, names }: Line): Told | undefined {
  if (what === 'power off') return { who, text: 'goes dark' };
  if (what === 'power on') return { who, text: 'has power again' };
  if (data.vm === undefined) return undefined;
  const subject = names.vm(data.vm);
  const job = data.working === true ? ' with a job in it' : '';
  if (what === 'vm-started') return { who, subject, text: 'started' };
  if (what !== 'vm-ended') return undefined;
  if (data.by === 'accident') return { who, subject, text: `died${job}: ${data.detail}` };
  return {
    who,
    subject,
    text: data.by === 'agent' ? `ended by the agent${job}` : `ended${job}: ${data.detail}`,
  };
}
