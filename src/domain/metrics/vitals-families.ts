// How each host does, and how old its image and the runner in it are, as its agent told.

import { type HostVitals, type ImageAge, imageInUse, type ToldVitals } from '../hosts/vitals.ts';
import type { ImageDigest } from '../ids.ts';
import type { Host } from '../scheduling/host.ts';
import { between, type DurationMs, type Instant, minutes } from '../time.ts';
import { counter, type Family, gauge, type Sample } from './family.ts';

export interface VitalsLook {
  hosts: readonly Host[];
  vitals: readonly HostVitals[];
  /** What new VMs start from. */
  image: ImageDigest;
}

/** Agents tell twice a minute. A load of an hour ago is none: the series ends, and goes on when the host is heard again. */
const freshForMs: DurationMs = minutes(2);

export function vitalsFamilies(look: VitalsLook, now: Instant): readonly Family[] {
  return [...busyFamilies(look, now), ...trafficFamilies(look, now), ...ageFamilies(look, now)];
}

function eachFresh({ hosts, vitals }: VitalsLook, now: Instant) {
  const fresh = new Map(
    vitals.filter(({ at }) => between(at, now) < freshForMs).map((told) => [told.host, told]),
  );
  return (value: (vitals: HostVitals, told: ToldVitals | undefined) => number | undefined): Sample[] =>
    hosts.flatMap(({ id, name }) => {
      const found = fresh.get(id);
      const figure = found && value(found, found.told);
      return figure === undefined ? [] : [{ labels: { host: name }, value: figure }];
    });
}

function busyFamilies(look: VitalsLook, now: Instant): readonly Family[] {
  const each = eachFresh(look, now);
  return [
    gauge(
      'bellows_host_ping_seconds',
      "From the control plane to the host's agent and back, over its open link.",
      each(({ roundTripMs }) => (roundTripMs === undefined ? undefined : roundTripMs / 1000)),
    ),
    gauge(
      'bellows_host_load1',
      'Load of the host over one minute.',
      each((_, told) => told?.load[0]),
    ),
    gauge(
      'bellows_host_load5',
      'Load of the host over five minutes.',
      each((_, told) => told?.load[1]),
    ),
    gauge(
      'bellows_host_load15',
      'Load of the host over fifteen minutes.',
      each((_, told) => told?.load[2]),
    ),
    gauge(
      'bellows_host_machine_processors',
      'Processors of the host.',
      each((_, told) => told?.processors),
    ),
    gauge(
      'bellows_host_machine_memory_bytes',
      'Memory of the host, its own and that for VMs.',
      each((_, told) => told?.memoryBytes),
    ),
    gauge(
      'bellows_host_machine_memory_available_bytes',
      'Memory that new programs on the host could have.',
      each((_, told) => told?.memoryAvailableBytes),
    ),
    gauge(
      'bellows_host_machine_disk_bytes',
      "Size of the file system with the VMs' disks.",
      each((_, told) => told?.diskBytes),
    ),
    gauge(
      'bellows_host_machine_disk_free_bytes',
      'What is free of it.',
      each((_, told) => told?.diskFreeBytes),
    ),
  ];
}

function trafficFamilies(look: VitalsLook, now: Instant): readonly Family[] {
  const each = eachFresh(look, now);
  return [
    counter(
      'bellows_host_egress_received_bytes_total',
      'Received over the default route since the boot of the host, by VMs and by the host itself.',
      each((_, told) => told?.egress?.receivedBytes),
    ),
    counter(
      'bellows_host_egress_sent_bytes_total',
      'Sent over the default route since the boot of the host.',
      each((_, told) => told?.egress?.sentBytes),
    ),
  ];
}

/** Of silent hosts too: an image does not get younger. */
function ageFamilies({ hosts, vitals, image }: VitalsLook, now: Instant): readonly Family[] {
  const byHost = new Map(vitals.map((told) => [told.host, told]));
  const each = (samples: (age: ImageAge, host: string) => Sample | undefined): Sample[] =>
    hosts.flatMap(({ id, name }) => {
      const found = byHost.get(id);
      const age = found && imageInUse(found, image);
      return (age && samples(age, name)) ?? [];
    });
  const since = (at: Instant | undefined, host: string): Sample | undefined =>
    at === undefined ? undefined : { labels: { host }, value: Math.max(0, between(at, now)) / 1000 };
  return [
    gauge(
      'bellows_host_image_age_seconds',
      'Since when the image that new VMs start from is built, of what the host has.',
      each(({ builtAt }, host) => since(builtAt, host)),
    ),
    gauge(
      'bellows_host_runner_age_seconds',
      "Since when GitHub's runner in that image is built.",
      each(({ runner }, host) => since(runner?.releasedAt, host)),
    ),
    gauge(
      'bellows_host_runner_info',
      "The version of GitHub's runner in that image; always 1.",
      each(({ runner }, host) => runner && { labels: { host, version: runner.version }, value: 1 }),
    ),
  ];
}
