// The reporter that Stryker loads as a plugin: hands on how far a unit is. Stryker imports it by its path, in the process
// of the script, so both see the same listener.

type Listener = (tested: number, planned: number) => void;

let listener: Listener = () => {};

export function listen(next: Listener): void {
  listener = next;
}

class ProgressReporter {
  private planned = 0;
  private tested = 0;

  onMutationTestingPlanReady({ mutantPlans }: { mutantPlans: readonly { plan: string }[] }): void {
    this.planned = mutantPlans.filter(({ plan }) => plan === 'Run').length;
  }

  onMutantTested({ status }: { status: string }): void {
    if (status !== 'NoCoverage' && status !== 'Ignored') listener(++this.tested, this.planned);
  }
}

export const strykerPlugins = [{ kind: 'Reporter', name: 'unit', injectableClass: ProgressReporter }];
