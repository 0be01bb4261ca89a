// The doctor's report for people.

import type { CanaryReport } from './canary.ts';
import { type Finding, groups, type Severity } from './check.ts';

export interface ReportStyle {
  /** Tells also what was seen where all is well. */
  verbose: boolean;
  colour: boolean;
}

const marks: Readonly<Record<Severity, string>> = {
  ok: 'ok     ',
  warning: 'warning',
  failure: 'FAILURE',
  skipped: 'skipped',
};

/** Between what is so when all is well and what was seen. */
const joints: Readonly<Record<Severity, string>> = {
  ok: ': ',
  warning: ' — no: ',
  failure: ' — no: ',
  skipped: ' — not known: ',
};

/** SGR codes (ECMA-48). */
const colours: Readonly<Record<Severity, string>> = { ok: '32', warning: '33', failure: '31', skipped: '2' };

export function reportText(
  findings: readonly Finding[],
  canary: CanaryReport | undefined,
  style: ReportStyle,
): string {
  const parts = groups.flatMap((group) => {
    const own = findings.filter((finding) => finding.group === group);
    return own.length === 0
      ? []
      : [[painted(group, '1', style), ...own.flatMap((one) => linesOf(one, style))].join('\n')];
  });
  const phases = canary === undefined ? '' : phasesText(canary);
  return [...parts, ...(phases === '' ? [] : [phases]), summary(findings)].join('\n\n');
}

function linesOf({ severity, title, found, means, mend }: Finding, style: ReportStyle): string[] {
  const mark = painted(marks[severity], colours[severity], style);
  const indent = ' '.repeat(11);
  return [
    `  ${mark}  ${title}${severity === 'ok' && !style.verbose ? '' : `${joints[severity]}${found}`}`,
    ...(means === '' ? [] : [`${indent}${means}`]),
    ...(mend === '' ? [] : [`${indent}→ ${mend}`]),
  ];
}

function painted(text: string, code: string, { colour }: ReportStyle): string {
  return colour ? `\u001b[${code}m${text}\u001b[0m` : text;
}

function phasesText({ phases }: CanaryReport): string {
  const told = Object.entries(phases).map(([phase, ms]) => `${phase} ${Math.round(ms)}`);
  return told.length === 0 ? '' : `The canary's phases, in ms: ${told.join(', ')}`;
}

function summary(findings: readonly Finding[]): string {
  const count = (severity: Severity): number => findings.filter((one) => one.severity === severity).length;
  const failures = count('failure');
  const counts = `${failures} failed, ${count('warning')} with a warning, ${count('skipped')} skipped, ${count('ok')} well`;
  const verdict = failures === 0 ? 'This host can run jobs' : 'This host is not fit for jobs';
  return `${verdict}: ${counts}.`;
}
