// What a canary's report says of the host.

import type { CanaryReport, ReachedPlace } from './canary.ts';
import {
  type CheckAbout,
  type Finding,
  failure,
  findingOf,
  fine,
  type Plan,
  skipped,
  type Verdict,
  warning,
} from './check.ts';

export const canaryAbout: CheckAbout = {
  id: 'canary',
  group: 'canary',
  title: 'A VM goes all its way and nothing of it is left',
  means: 'Jobs on this host will fail the same way.',
  mend: 'Mend the failures above first. Then: what does the log of the agent say of its VMs?',
};

export const guestDnsAbout: CheckAbout = {
  id: 'guest-dns',
  group: 'canary',
  title: 'Names are found from inside a VM',
  means: 'Runners do not find GitHub: no job starts on this host.',
  mend: 'Does the host find names (see dns)? Then a firewall is between its resolver and the VMs: see other-firewalls.',
};

export const guestGithubAbout: CheckAbout = {
  id: 'guest-github',
  group: 'canary',
  title: 'GitHub is reached from inside a VM',
  means: 'Runners do not reach GitHub: no job starts on this host.',
  mend: 'Does the host reach it (see github)? Then a firewall is between: see forwarding, firewall and other-firewalls.',
};

/** Whom a runner has to reach. */
export const githubPlace = { host: 'api.github.com', port: 443 } as const;

/** @param others what the checks of the host have found: what the host cannot reach is no fault of the VMs' network. */
export function canaryFindings(
  report: CanaryReport,
  plan: Plan,
  others: readonly Finding[],
): readonly Finding[] {
  const hostCan = (id: string): boolean => others.find((finding) => finding.id === id)?.severity === 'ok';
  const place = report.reached?.find(({ host }) => host === githubPlace.host);
  const judge = (id: string, look: (place: ReachedPlace) => number | undefined): Verdict => {
    if (report.outcome === 'skipped') return skipped(report.reason);
    if (plan.network === 'restricted') return skipped('VMs reach only what BELLOWS_GUEST_FORWARDS names');
    if (place === undefined) return unasked(report);
    const ms = look(place);
    if (ms !== undefined) return fine(`${githubPlace.host} in ${ms} ms`);
    const found = `${githubPlace.host}: ${place.why}`;
    return hostCan(id) ? failure(found) : warning(found);
  };
  return [
    findingOf(canaryAbout, verdictOf(report)),
    findingOf(
      guestDnsAbout,
      judge('dns', ({ foundMs }) => foundMs),
    ),
    findingOf(
      guestGithubAbout,
      judge('github', ({ connectedMs }) => connectedMs),
    ),
  ];
}

function verdictOf({ outcome, reason, phases }: CanaryReport): Verdict {
  if (outcome === 'skipped') return skipped(reason);
  if (outcome === 'failed') return failure(reason);
  const again = phases['boot-again'];
  const total = ((phases.total ?? 0) / 1000).toFixed(1);
  return again === undefined
    ? fine(`in ${total} s`)
    : warning(`in ${total} s, of which its first boot took ${(again / 1000).toFixed(0)} s and hung`, {
        means: 'A VM that hangs at its boot is started once more; its job waits meanwhile.',
        mend: 'In software emulation this happens now and then. Under KVM it must not: run the doctor again.',
      });
}

function unasked({ outcome }: CanaryReport): Verdict {
  return outcome === 'failed'
    ? skipped('no canary came so far')
    : skipped('the guest gave no answer: its image does not know the question', 'bellows image build');
}
