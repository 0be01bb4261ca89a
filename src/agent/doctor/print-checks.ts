import { canaryAbout, guestDnsAbout, guestGithubAbout } from './canary-findings.ts';
import { type CheckAbout, groups } from './check.ts';
import { allChecks } from './run-checks.ts';

/** All checks as Markdown, a table for each group: for the reference page. */
export function printChecks(): string {
  const all: readonly CheckAbout[] = [...allChecks, canaryAbout, guestDnsAbout, guestGithubAbout];
  return groups
    .map((group) => {
      const rows = all.filter((check) => check.group === group).map(row);
      return [
        `### ${group}`,
        '',
        '| check | when all is well | otherwise | what mends it |',
        '| --- | --- | --- | --- |',
        ...rows,
      ].join('\n');
    })
    .join('\n\n');
}

const row = ({ id, title, means, mend }: CheckAbout): string =>
  `| ${[`\`${id}\``, title, means, mend].map(cell).join(' | ')} |`;

const cell = (text: string): string => text.replaceAll('|', '\\|');
