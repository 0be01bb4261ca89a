// The VM's machine: what each event means in each state. Printed into docs/lifecycle.md. A hole does not compile.

import type { Cell, Handler, Moment } from './cell.ts';
import { go, ignored, impossible, unchanged } from './cell.ts';
import type { Outcome } from './effects.ts';
import type { VmEvent, VmEventKind } from './events.ts';
import type { Vm, VmState } from './vm.ts';
import { noted } from './vm-change.ts';
import { acceptProof, disown, disownForJob, dropUnplaced, failByHost, forceOut } from './vm-end.ts';
import { hearDeletion, hearGuest, recall, startRelease, withdraw } from './vm-release.ts';
import { andThen, comeBack, keepDeletion, leaveWithHost, loseSight } from './vm-silence.ts';
import {
  beginBoot,
  dropRegistration,
  failUnregistered,
  giveBackHost,
  greetGuest,
  keepRegistration,
  learnBoot,
  listen,
  takeHost,
} from './vm-start.ts';
import {
  endIdling,
  endWork,
  giveUpGuest,
  giveUpHost,
  giveUpRunner,
  lookPastHost,
  orderAgain,
  placeAgain,
} from './vm-time.ts';
import { bind, bindLate, bindUnseen, complete, endRunner, recordEnd, takeHint } from './vm-work.ts';

type VmCell<K extends VmEventKind> = Cell<Vm, Extract<VmEvent, { kind: K }>, VmState>;
type Row = { readonly [K in VmEventKind]: VmCell<K> };
type VmTable = { readonly [S in VmState]: Row };

const noHost = impossible('no host was told of it');
const noRunner = impossible('no runner was asked for');
const hasHost = ignored('it has a host, and moves only after that host has returned it');
const started = impossible('something was started: it cannot be returned any more');
const heard = ignored('heard before');
const notReleased = ignored('it is not being given back');
const notSilent = ignored('its host was not silent');
const dying = ignored('its tombstone is out');
const over = ignored('nothing of it is left');
const its = ignored('it has a host, and is known by the right');

/** The cells that `starting`, `booted` and `idle` share: a process, and no job by GitHub's word. */
const alive = {
  placed: hasHost,
  returned: started,
  'process-up': heard,
  'runner-ended': go(endRunner, 'stopping', 'failed'),
  'job-bound': go(bind, 'busy'),
  'job-completed': go(complete, 'busy'),
  'host-failed': go(failByHost, 'failed'),
  'proved-gone': go(acceptProof, 'gone'),
  'host-silent': go(loseSight, 'unknown'),
  'host-back': notSilent,
  'host-removed': impossible('its host is not silent: it is not removed'),
  disowned: its,
  force: go(forceOut, 'stopping', 'failed'),
} as const;

/** The cells of a VM whose tombstone is out: the proof is awaited, whatever else is said. */
const dead = {
  placed: dying,
  returned: dying,
  'process-up': dying,
  'registration-refused': dying,
  'guest-up': dying,
  'runner-listening': dying,
  'guest-job-started': dying,
  release: dying,
  'deletion-answered': dying,
  'worker-answered': dying,
  'host-failed': dying,
  'proved-gone': go(acceptProof, 'gone'),
  'host-silent': ignored('its tombstone waits for the host'),
  'host-back': ignored('the host gets its tombstones with its desired set'),
  'host-removed': go(leaveWithHost, 'gone'),
  disowned: its,
  force: dying,
} as const;

/** A word from the host means that it is back: the VM is what it was, and then the word is heard. */
const comeBackFirst: Handler<Vm, VmEvent> = (vm, event, moment) =>
  andThen(comeBack(vm, { kind: 'host-back' }, moment), (back) => stepVm(back, event, moment));

export const vmTable = {
  requested: {
    placed: go(takeHost, 'placed'),
    returned: ignored('it has no host'),
    'process-up': noHost,
    registered: noRunner,
    'registration-refused': noRunner,
    'guest-up': noHost,
    'runner-listening': noHost,
    'guest-job-started': noHost,
    'runner-ended': noHost,
    'job-bound': go(disownForJob, 'gone'),
    'job-completed': go(disownForJob, 'gone'),
    release: go(withdraw, 'gone'),
    'deletion-answered': noRunner,
    'worker-answered': noHost,
    deadline: go(placeAgain, 'requested'),
    'host-failed': noHost,
    'proved-gone': ignored('it has no host'),
    'host-silent': ignored('it has no host'),
    'host-back': ignored('it has no host'),
    'host-removed': ignored('it has no host'),
    disowned: go(disown, 'gone'),
    force: go(dropUnplaced, 'gone'),
  },
  placed: {
    ...alive,
    returned: go(giveBackHost, 'requested'),
    'process-up': go(beginBoot, 'starting'),
    registered: noRunner,
    'registration-refused': noRunner,
    'guest-up': go(greetGuest, 'booted'),
    'runner-listening': go(listen, 'idle'),
    'guest-job-started': noRunner,
    release: go(recall, 'stopping'),
    'deletion-answered': notReleased,
    'worker-answered': notReleased,
    deadline: go(giveUpHost, 'failed'),
  },
  starting: {
    ...alive,
    registered: go(keepRegistration, 'starting'),
    'registration-refused': go(failUnregistered, 'starting', 'failed'),
    'guest-up': go(greetGuest, 'booted'),
    'runner-listening': go(listen, 'idle'),
    'guest-job-started': go(takeHint, 'starting'),
    release: go(startRelease, 'starting'),
    'deletion-answered': go(hearDeletion, 'starting', 'stopping', 'failed'),
    'worker-answered': go(hearGuest, 'starting', 'stopping', 'failed'),
    deadline: go(giveUpGuest, 'starting', 'stopping', 'failed'),
  },
  booted: {
    ...alive,
    registered: go(keepRegistration, 'booted'),
    'registration-refused': go(failUnregistered, 'booted', 'failed'),
    'guest-up': heard,
    'runner-listening': go(listen, 'idle'),
    'guest-job-started': go(takeHint, 'booted'),
    release: go(startRelease, 'booted'),
    'deletion-answered': go(hearDeletion, 'booted', 'stopping', 'failed'),
    'worker-answered': go(hearGuest, 'booted', 'stopping', 'failed'),
    deadline: go(giveUpRunner, 'booted', 'stopping', 'failed'),
  },
  idle: {
    ...alive,
    registered: go(keepRegistration, 'idle'),
    'registration-refused': ignored('it listens, so it is registered'),
    'guest-up': go(learnBoot, 'idle'),
    'runner-listening': heard,
    'guest-job-started': go(takeHint, 'idle'),
    release: go(startRelease, 'idle'),
    'deletion-answered': go(hearDeletion, 'idle', 'stopping', 'failed'),
    'worker-answered': go(hearGuest, 'idle', 'stopping', 'failed'),
    deadline: go(endIdling, 'idle', 'stopping', 'failed'),
  },
  busy: {
    ...alive,
    registered: go(keepRegistration, 'busy'),
    'registration-refused': ignored('it has a job, so it is registered'),
    'guest-up': go(learnBoot, 'busy'),
    'runner-listening': heard,
    'guest-job-started': go(takeHint, 'busy'),
    'runner-ended': go(endRunner, 'stopping'),
    release: ignored('it has a job (I3)'),
    'deletion-answered': ignored('a job came first (I3)'),
    'worker-answered': ignored('a job came first (I3)'),
    deadline: go(endWork, 'busy', 'stopping'),
    force: go(forceOut, 'stopping'),
  },
  stopping: {
    ...dead,
    registered: go(dropRegistration, 'stopping'),
    'runner-ended': go(recordEnd, 'stopping'),
    'job-bound': go(bindLate, 'stopping'),
    'job-completed': go(bindLate, 'stopping'),
    deadline: go(orderAgain, 'stopping'),
  },
  failed: {
    ...dead,
    registered: go(dropRegistration, 'failed'),
    'runner-ended': go(recordEnd, 'failed'),
    'job-bound': go(bindLate, 'failed'),
    'job-completed': go(bindLate, 'failed'),
    deadline: go(orderAgain, 'failed'),
  },
  unknown: {
    placed: hasHost,
    returned: go(comeBackFirst, 'requested', 'starting', 'booted', 'idle', 'busy'),
    'process-up': go(comeBackFirst, 'starting', 'booted', 'idle', 'busy'),
    registered: go(keepRegistration, 'unknown'),
    'registration-refused': go(failUnregistered, 'unknown', 'failed'),
    'guest-up': go(comeBackFirst, 'booted', 'idle', 'busy'),
    'runner-listening': go(comeBackFirst, 'idle', 'busy'),
    'guest-job-started': go(comeBackFirst, 'placed', 'starting', 'booted', 'idle', 'busy'),
    'runner-ended': go(comeBackFirst, 'stopping', 'failed'),
    'job-bound': go(bindUnseen, 'unknown'),
    'job-completed': go(bindUnseen, 'unknown'),
    release: ignored('its host is silent: nothing can be given back now'),
    'deletion-answered': go(keepDeletion, 'unknown'),
    'worker-answered': go(
      comeBackFirst,
      'placed',
      'starting',
      'booted',
      'idle',
      'busy',
      'stopping',
      'failed',
    ),
    deadline: go(lookPastHost, 'unknown', 'stopping', 'failed'),
    'host-failed': go(comeBackFirst, 'failed'),
    'proved-gone': go(acceptProof, 'gone'),
    'host-silent': heard,
    'host-back': go(comeBack, 'placed', 'starting', 'booted', 'idle', 'busy'),
    'host-removed': go(leaveWithHost, 'unknown', 'gone'),
    disowned: its,
    force: go(forceOut, 'stopping', 'failed'),
  },
  gone: {
    placed: over,
    returned: over,
    'process-up': over,
    registered: go(dropRegistration, 'gone'),
    'registration-refused': over,
    'guest-up': over,
    'runner-listening': over,
    'guest-job-started': over,
    'runner-ended': go(recordEnd, 'gone'),
    'job-bound': go(bindLate, 'gone'),
    'job-completed': go(bindLate, 'gone'),
    release: over,
    'deletion-answered': over,
    'worker-answered': over,
    deadline: over,
    'host-failed': over,
    'proved-gone': over,
    'host-silent': over,
    'host-back': over,
    'host-removed': over,
    disowned: over,
    force: over,
  },
} satisfies VmTable;

/** Looks the cell up and does what it says. Callers outside the tables use `transitionVm`. */
export function stepVm(vm: Vm, event: VmEvent, moment: Moment): Outcome<Vm> {
  const cell: Cell<Vm, VmEvent, VmState> = vmTable[vm.state][event.kind];
  switch (cell.kind) {
    case 'act':
      return cell.act(vm, event, moment);
    case 'ignored':
      return unchanged(vm);
    case 'impossible':
      return noted(vm, moment.now, 'unexpected', { said: event.kind, why: cell.why });
  }
}
