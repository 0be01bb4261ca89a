import { describe, expect, it } from 'vitest';
import { chosenUnits, unitsOf } from './units.ts';

const files = new Map([
  ['src/domain/time.ts', ''],
  ['src/domain/time.test.ts', "import { seconds } from './time.ts';"],
  ['src/domain/labels/parse.ts', "import { fold } from './fold.ts';"],
  ['src/domain/labels/fold.ts', ''],
  ['src/domain/labels/label.fixture.ts', "import './far.ts';"],
  ['src/domain/labels/far.ts', "import { seconds } from '../time.ts';"],
  ['src/domain/labels/parse.test.ts', "import { parse } from './parse.ts'; readFile('rules.md');"],
  ['src/domain/labels/rules.md', 'golden'],
  ['src/domain/metrics/rate.ts', ''],
  ['src/domain/waits/wait.ts', "import '../metrics/rate.ts';"],
  ['src/domain/waits/wait.test.ts', "import './wait.ts'; import '../labels/label.fixture.ts';"],
]);
const read = (path: string) => files.get(path);
const units = unitsOf([...files.keys()], read);
const named = (name: string) => chosenUnits(units, [name])[0];

describe('units', () => {
  it('are the folders that hold sources', () => {
    expect(units.map(({ name }) => name)).toEqual(['.', 'labels', 'metrics', 'waits']);
    expect(named('labels')?.sources).toEqual([
      'src/domain/labels/far.ts',
      'src/domain/labels/fold.ts',
      'src/domain/labels/parse.ts',
    ]);
  });

  it('are judged by their own tests alone where these reach every source', () => {
    expect(named('.')?.tests).toEqual(['src/domain/time.test.ts']);
    expect(named('waits')?.tests).toEqual(['src/domain/waits/wait.test.ts']);
  });

  it('are judged by others too where their own miss a source', () => {
    expect(named('labels')?.tests).toEqual([
      'src/domain/labels/parse.test.ts',
      'src/domain/waits/wait.test.ts',
    ]);
    expect(named('metrics')?.tests).toEqual(['src/domain/waits/wait.test.ts']);
  });

  it('depend on all that sources and tests import or read, and on nothing else', () => {
    expect(named('.')?.inputs).toEqual(['src/domain/time.test.ts', 'src/domain/time.ts']);
    expect(named('labels')?.inputs).toContain('src/domain/labels/rules.md');
    expect(named('labels')?.inputs).toContain('src/domain/time.ts');
    expect(named('labels')?.inputs).not.toContain('src/domain/time.test.ts');
  });

  it('are chosen by name or by folder, all without one', () => {
    expect(chosenUnits(units, [])).toEqual(units);
    expect(named('src/domain/labels/')?.name).toBe('labels');
    expect(named('src/domain')?.name).toBe('.');
    expect(() => named('nothing')).toThrow('no unit nothing; there are ., labels, metrics, waits');
  });
});
