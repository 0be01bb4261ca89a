// Hosts, guests, processes and network at their worst: the functions of the weather, drawn from the seed.

import { minutes, seconds } from '../../domain/time.ts';
import type { GuestBehaviour } from '../driver/guest-behaviour.ts';
import type { JobWork, RunnerHabit } from '../github/in-process-runner.ts';
import type { Storm } from './storm.ts';

export function brewMachines(storm: Storm): void {
  const { weather } = storm.world;
  weather.blow = (process, _call, when) => {
    if (process.startsWith('server')) return storm.strikes('server-crash') ? 'crash' : undefined;
    if (storm.strikes('agent-crash')) return 'crash';
    return when === 'before' && storm.strikes('agent-call-fails') ? 'fail' : undefined;
  };
  weather.restartMs = () => Math.round(storm.dice('restart').logBetween(200, seconds(60)));
  weather.webhook = () => ({
    delayMs: storm.dice('webhook').between(5, 400),
    lost: storm.strikes('webhook-request-lost')
      ? 'request'
      : storm.strikes('webhook-answer-lost')
        ? 'answer'
        : 'no',
  });
  weather.linkDelayMs = () =>
    storm.strikes('slow-link')
      ? storm.dice('slow').between(200, seconds(8))
      : storm.dice('link').between(1, 50);
  weather.guest = () => guestOf(storm);
  weather.startMs = () =>
    storm.strikes('slow-host') ? storm.dice('start').between(seconds(2), seconds(50)) : 40;
  weather.work = () => workOf(storm);
  weather.habit = () => habitOf(storm);
  weather.acquireMs = () =>
    storm.strikes('late-acquire') ? Math.round(storm.dice('acquire').logBetween(500, seconds(50))) : 0;
  weather.commitAnswerIsLost = () => storm.strikes('commit-answer-lost');
}

function guestOf(storm: Storm): Partial<GuestBehaviour> {
  const dice = storm.dice('guest');
  const bootMs = dice.between(300, seconds(4));
  if (storm.strikes('vm-never-boots')) return { bootMs, boot: dice.pick(['silent', 'hangs-first'] as const) };
  if (storm.strikes('vm-panics')) return { bootMs, boot: dice.pick(['panics', 'panics-first'] as const) };
  if (storm.isDrawn('guest-hangs')) {
    const onHang = (): void => storm.count('guest-hangs');
    return { bootMs, hangsAfterMs: dice.between(0, minutes(10)), deaf: true, onHang };
  }
  return { bootMs };
}

function workOf(storm: Storm): JobWork {
  const dice = storm.dice('work');
  const [shortest, longest] = storm.options.jobMs;
  const lingers = storm.strikes('runner-lingers');
  return {
    durationMs: Math.round(dice.logBetween(shortest, longest)),
    conclusion: dice.chance(0.85) ? 'success' : 'failure',
    ...(lingers ? { lingerMs: dice.pick([seconds(30), minutes(5), Number.POSITIVE_INFINITY]) } : {}),
  };
}

function habitOf(storm: Storm): RunnerHabit {
  if (storm.strikes('runner-never-acquires')) return 'never-acquires';
  if (storm.strikes('runner-never-works')) return 'never-works';
  if (storm.strikes('runner-falls-silent')) return 'falls-silent';
  return 'works';
}
