import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { timing } from '../domain.fixture.ts';
import { lifecycleBlocks, printTable, printTiming } from './print-table.ts';

describe('a printed table', () => {
  it('has an overview, and each state with what every event does', () => {
    const table = {
      asleep: {
        bell: { kind: 'act', name: 'wakeUp', to: ['awake', 'asleep'] },
        night: { kind: 'ignored', why: 'it sleeps' },
      },
      awake: {
        bell: { kind: 'act', name: 'listen', to: ['awake'] },
        night: { kind: 'impossible', why: 'no night today' },
      },
    } as const;
    expect(printTable(table)).toBe(
      `
| event | asleep | awake |
| --- | --- | --- |
| \`bell\` | → awake | · |
| \`night\` | – | ! |

#### asleep

| event | handler | leads to, or why not |
| --- | --- | --- |
| \`bell\` | \`wakeUp\` | awake, asleep |
| \`night\` | ignored | it sleeps |

#### awake

| event | handler | leads to, or why not |
| --- | --- | --- |
| \`bell\` | \`listen\` | awake |
| \`night\` | impossible | no night today |
`.trim(),
    );
  });

  it('writes durations for people', () => {
    const text = printTiming({ ...timing, idleMs: 90_000, unknownMs: 7_200_000, stoppingMs: 3_660_000 });
    expect(text).toContain('| name | default |');
    expect(text).toContain('| `idleMs` | 90 s |');
    expect(text).toContain('| `bootedMs` | 4 min |');
    expect(text).toContain('| `unknownMs` | 2 h |');
    expect(text).toContain('| `lifetimeMs` | 6 h 30 min |');
    expect(text).toContain('| `stoppingMs` | 1 h 1 min |');
  });
});

describe('docs/lifecycle.md', () => {
  it.each(Object.entries(lifecycleBlocks))('shows the %s as the code has it', async (name, print) => {
    const page = await readFile(join(import.meta.dirname, '../../../docs/lifecycle.md'), 'utf8');
    expect(page).toContain(`<!-- generated:${name} -->\n\n${print()}\n\n<!-- /generated -->`);
  });
});
