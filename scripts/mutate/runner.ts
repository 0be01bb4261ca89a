// The test runner that Stryker loads as a plugin into each of its processes: runs the tests of one folder within that
// process. Endless loops are ended by Stryker: by the count of hits, or by ending the process.

import { resolve } from 'node:path';
import { freshModules } from './fresh-modules.ts';
import { collect, type RegisteredTest } from './suite.ts';

/** What instrumented code reads and writes; Stryker's instrumenter gives the names. */
interface Instruments {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: unknown;
}

interface MutantRun {
  readonly activeMutant: { readonly id: string };
  readonly mutantActivation: 'static' | 'runtime';
  readonly reloadEnvironment: boolean;
  /** Ids of tests; for a mutant of what a module computes while it loads, test files. */
  readonly testFilter?: readonly string[];
  readonly hitLimit?: number;
}

interface Verdict {
  readonly id: string;
  readonly name: string;
  readonly fileName: string;
  readonly timeSpentMs: number;
  readonly status: number;
  readonly failureMessage?: string;
}

/** The numbers of Stryker's `TestStatus`. */
const success = 0;
const failed = 1;

const noTest: Verdict = { id: 'none', name: 'none', fileName: '', timeSpentMs: 0, status: success };

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

class InProcessRunner {
  static readonly inject = ['options'] as const;
  private readonly testFiles: readonly string[];
  private readonly modules = freshModules(process.cwd());
  private readonly durations = new Map<string, number>();
  private generation = 0;
  private tests: readonly RegisteredTest[] = [];
  /** Whether modules were evaluated while a mutant was active. */
  private tainted = true;

  constructor(options: { readonly testFiles?: readonly string[] }) {
    this.testFiles = options.testFiles ?? [];
  }

  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: true };
  }

  async dryRun(): Promise<unknown> {
    const instruments = this.instruments();
    await this.load();
    const tests: Verdict[] = [];
    for (const test of this.tests) {
      instruments.currentTestId = test.id;
      tests.push(await this.run(test));
      instruments.currentTestId = undefined;
    }
    // Stryker counts no mutant at all where there is no test; here each is one that no test comes to.
    if (tests.length === 0) tests.push(noTest);
    const mutantCoverage = instruments.mutantCoverage ?? { static: {}, perTest: {} };
    return { status: 'complete', tests, mutantCoverage };
  }

  async mutantRun(run: MutantRun): Promise<unknown> {
    const instruments = this.instruments();
    Object.assign(instruments, { hitCount: 0, hitLimit: run.hitLimit ?? Number.POSITIVE_INFINITY });
    try {
      const isStatic = run.mutantActivation === 'static' || run.reloadEnvironment;
      instruments.activeMutant = isStatic ? run.activeMutant.id : undefined;
      if (isStatic || this.tainted) await this.load();
      this.tainted = isStatic;
      instruments.activeMutant = run.activeMutant.id;
      return await this.judge(run, instruments);
    } catch (error) {
      this.tainted = true;
      return { status: 'error', errorMessage: messageOf(error) };
    } finally {
      instruments.activeMutant = undefined;
    }
  }

  private async judge(run: MutantRun, instruments: Instruments): Promise<unknown> {
    const wanted = run.testFilter && new Set(run.testFilter);
    let count = 0;
    for (const test of this.tests) {
      if (wanted && !wanted.has(test.id) && !wanted.has(test.file)) continue;
      count++;
      const verdict = await this.run(test);
      if ((instruments.hitCount ?? 0) > (instruments.hitLimit ?? 0)) return { status: 'timeout' };
      if (verdict.status === failed)
        return {
          status: 'killed',
          killedBy: [test.id],
          failureMessage: verdict.failureMessage,
          nrOfTests: count,
        };
    }
    return { status: 'survived', nrOfTests: count };
  }

  private async load(): Promise<void> {
    this.generation++;
    const tests: RegisteredTest[] = [];
    for (const file of this.testFiles) {
      const path = resolve(file);
      tests.push(...(await collect(path, () => this.modules.import(path, this.generation))));
    }
    this.tests = tests.sort((one, other) => this.tookMs(one) - this.tookMs(other));
    this.tainted = false;
  }

  /** Quick tests run first: most mutants need no other. One that has not run yet counts as quick. */
  private tookMs({ id }: RegisteredTest): number {
    return this.durations.get(id) ?? 0;
  }

  private async run(test: RegisteredTest): Promise<Verdict> {
    const verdict = await verdictOn(test);
    if (verdict.status === success) this.durations.set(test.id, verdict.timeSpentMs);
    return verdict;
  }

  private instruments(): Instruments {
    const holder = globalThis as { __stryker__?: Instruments };
    holder.__stryker__ ??= {};
    return holder.__stryker__;
  }
}

async function verdictOn(test: RegisteredTest): Promise<Verdict> {
  const start = performance.now();
  const told = { id: test.id, name: test.id, fileName: test.file };
  const timeSpentMs = () => performance.now() - start;
  try {
    await test.run();
    return { ...told, status: success, timeSpentMs: timeSpentMs() };
  } catch (error) {
    return { ...told, status: failed, timeSpentMs: timeSpentMs(), failureMessage: messageOf(error) };
  }
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', injectableClass: InProcessRunner }];
