import { describe, expect, test } from 'vitest';
import { Names, nameOf, nameOfAll } from './names.ts';
import { Transcript, type View } from './transcript.ts';

const job = (number: number) => 49_400_000_000 + number;
const vm = (letter: string) => `vm-${letter.repeat(12)}`;

function told(lines: readonly string[], view: View = 'close'): string[] {
  const out: string[] = [];
  const transcript = new Transcript(view, (line) => out.push(line));
  for (const line of lines) transcript.read(line);
  transcript.flush();
  return out;
}

const at = (time: string): string => `2026-01-01T0${time}Z`;

describe('a transcript', () => {
  test('tells who learned what, with names and times that a reader can keep in mind', () => {
    expect(
      told([
        `${at('0:00:00.000')} server-1 started`,
        `${at('0:00:05.020')} job:${job(7)} heard {"from":"waiting","to":"queued","source":"delivery","status":"queued"}`,
        `${at('0:00:05.020')} vm:${vm('x')} requested {"to":"requested","cause":${job(7)}}`,
        `${at('0:00:05.120')} vm:${vm('x')} placed {"from":"requested","to":"placed","host":"host-host-1"}`,
        `${at('1:02:06.070')} host-1 vm-ended {"vm":"${vm('x')}","by":"accident","working":true,"detail":"killed by signal 9"}`,
      ]),
    ).toEqual([
      '+00:00.0  server 1  starts',
      '+00:05.0  Bellows   job 1: queued, by webhook',
      '+00:05.0  Bellows   VM A: asked for on account of job 1',
      '+00:05.1  Bellows   VM A: placed on host 1',
      '+1:02:06.0  host 1    VM A: died with a job in it: killed by signal 9',
    ]);
  });

  test('tells once what happens to many at about the same time', () => {
    const gone = (letter: string, time: string) => `${at(time)} vm:${vm(letter)} proved-gone {"to":"gone"}`;
    const lines = [gone('p', '0:00:01.000'), gone('q', '0:00:01.050'), gone('r', '0:00:03.000')];
    expect(told(lines)).toEqual(['+00:00.0  Bellows   VMs A, B: gone', '+00:02.0  Bellows   VM C: gone']);
    expect(told(lines, 'wide')).toEqual(['+00:00.0  Bellows   VMs A–C: gone']);
  });

  test('leaves what is particular to one of many out of a wide view', () => {
    const asked = (letter: string, number: number) =>
      `${at('0:00:01.000')} vm:${vm(letter)} requested {"cause":${job(number)}}`;
    const lines = [asked('p', 1), asked('q', 2)];
    expect(told(lines)).toEqual(['+00:00.0  Bellows   VMs A, B: asked for on account of jobs 1, 2']);
    expect(told(lines, 'wide')).toEqual(['+00:00.0  Bellows   VMs A, B: asked for']);
  });

  test('keeps pairs together that do not come in order', () => {
    const bound = (letter: string, number: number) =>
      `${at('0:00:02.000')} vm:${vm(letter)} job-bound {"to":"busy","job":${job(number)}}`;
    const named = [`${at('0:00:01.000')} vm:${vm('p')} proved-gone {}`];
    expect(told([...named, bound('q', 1), bound('p', 2)]).at(-1)).toBe(
      '+00:01.0  Bellows   VMs B, A: busy with jobs 1, 2',
    );
  });

  test('tells nothing of a VM before what it went through earlier', () => {
    const lines = ['p proved-gone', 'q placed', 'q proved-gone', 'r proved-gone'].map((line) => {
      const [letter = '', what] = line.split(' ');
      return `${at('0:00:01.000')} vm:${vm(letter)} ${what} {"host":"host-host-1"}`;
    });
    expect(told(lines)).toEqual([
      '+00:00.0  Bellows   VMs A, C: gone',
      '+00:00.0  Bellows   VM B: placed on host 1',
      '+00:00.0  Bellows   VM B: gone',
    ]);
  });

  test('keeps the sentences of the story in their place', () => {
    expect(
      told([
        `${at('0:00:00.000')} server-1 started`,
        `${at('0:00:00.010')} story Somebody trips.`,
        `${at('0:00:00.020')} server-1 died {"at":"killed"}`,
      ]),
    ).toEqual(['+00:00.0  server 1  starts', '\n  Somebody trips.\n', '+00:00.0  server 1  is killed']);
  });

  test('leaves out what only a debugger wants', () => {
    const lines = [
      'agent-phase {"phase":"disk","ms":0}',
      'agent-usage {"cpuPercentPeak":100}',
      'process-up {"from":"placed","to":"starting"}',
    ].map((what) => `${at('0:00:00.000')} vm:${vm('x')} ${what}`);
    expect(
      told([...lines, `${at('0:00:00.000')} server-1 warn: task failed {"task":{"kind":"place"}}`]),
    ).toEqual([]);
  });
});

describe('names', () => {
  test('jobs are numbered and VMs lettered as they come, runners with their VMs', () => {
    const names = new Names();
    expect(nameOf(names.vm(vm('b')))).toBe('VM A');
    expect(nameOf(names.vm(vm('a')))).toBe('VM B');
    expect(names.in(`bellows-sim-${'a'.repeat(12)}.2 has ${job(44)} on host-host-3-2`)).toBe(
      'VM B has job 1 on host 3',
    );
  });

  test('letters go on after Z', () => {
    const vmAt = (number: number) => nameOf({ kind: 'VM', number });
    expect([26, 27, 52, 53, 702, 703].map(vmAt)).toEqual([
      'VM Z',
      'VM AA',
      'VM AZ',
      'VM BA',
      'VM ZZ',
      'VM AAA',
    ]);
  });

  test('many are told as ranges, and very many as a number', () => {
    const jobs = (...numbers: number[]) => numbers.map((number) => ({ kind: 'job', number }) as const);
    expect(nameOfAll(jobs(3))).toBe('job 3');
    expect(nameOfAll(jobs(2, 1))).toBe('jobs 1, 2');
    expect(nameOfAll(jobs(1, 2, 3, 7))).toBe('jobs 1–3, 7');
    expect(nameOfAll(jobs(1, 3, 5, 7, 9))).toBe('5 jobs, 1 to 9');
  });
});
