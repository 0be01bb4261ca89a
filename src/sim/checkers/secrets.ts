// I8: what proves who a runner is can be read nowhere but in its guest: not in a row, a log line, the history, an error, or
// an agent's journal. Sealed to its host it passes through the database, and is gone from there when it was handed over.

import type { Job } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import type { World } from '../world/world.ts';
import type { Checker, Look } from './checker.ts';
import { clientIdsIn, partsOf } from './jit-secrets.ts';
import { News } from './news.ts';

/** A configuration as it came has two layers of base64; the sealer of the simulation wraps it in a third. */
const unsealedLayers = 2;
const allLayers = 3;

export function makeNoSecretInSight(): Checker {
  const handed = new Set<string>();
  const vmNews = new News<Vm>();
  const jobNews = new News<Job>();
  const isSecret = (world: World, id: string): boolean =>
    handed.has(id) || world.github.world.state.runnersByClient.has(id);
  const search = (world: World, where: string, text: string, layers = allLayers): string[] => {
    for (const id of clientIdsIn(text, layers)) {
      if (isSecret(world, id)) return [`a JIT configuration can be read in ${where}`];
    }
    return [];
  };

  const searched = new Map<string, string>();
  /** What says the same as at the last look is not searched again: that was a tenth of a seed's time. */
  const searchOnce: typeof search = (world, where, text, layers) => {
    if (searched.get(where) === text) return [];
    searched.set(where, text);
    return search(world, where, text, layers);
  };

  return {
    name: 'I8 no secret can be read',
    family: 'correctness',
    hear: (told) => {
      if (told.kind === 'host' && told.event.kind === 'jit-handed')
        handed.add(partsOf(told.event.jitConfig).clientId);
      return [];
    },
    read: (line, world) => search(world, `the line ${line.slice(0, 60)}…`, line),
    look: ({ world, vms, jobs, hosts, tasks, sealed }) => [
      ...vmNews.of(vms).flatMap((vm) => search(world, `the row of ${vm.id}`, JSON.stringify(vm))),
      ...jobNews.of(jobs).flatMap((job) => search(world, `the row of job ${job.id}`, JSON.stringify(job))),
      ...hosts.flatMap((host) => searchOnce(world, `the row of ${host.id}`, JSON.stringify(host))),
      ...tasks.flatMap((task) => searchOnce(world, `the row of task ${task.id}`, JSON.stringify(task))),
      ...[...sealed].flatMap(([vm, jwe]) =>
        searchOnce(world, `what is sealed for ${vm}`, jwe, unsealedLayers),
      ),
    ],
    end: (look) => [...searchEnd(look, search)],
  };
}

function* searchEnd(
  { world, repairs }: Look,
  search: (world: World, where: string, text: string) => string[],
): Iterable<string> {
  yield* search(world, 'the book of repairs', JSON.stringify(repairs));
  for (const { name, journal } of world.hosts) yield* search(world, `the journal of ${name}`, journal.text());
}

export function makeSealedErased(): Checker {
  return {
    name: 'I8 sealed secrets are erased after use',
    family: 'correctness',
    end: ({ vms, sealed }) =>
      vms
        .filter(({ id, state }) => state === 'gone' && sealed.has(id))
        .map(({ id }) => `the sealed JIT configuration of ${id} is still in the database`),
  };
}
