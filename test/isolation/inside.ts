// The proof itself. It runs inside the namespace that plays the host, as the agent would on a real one, and says what it
// found in one line of JSON on its output.

import { hostCommands } from '../../src/adapters/linux-network/commands.ts';
import type { NetworkNamespace } from '../support/network-namespace.ts';
import { testImage } from '../support/test-image.ts';
import type { Attack, Lab } from './attack.ts';
import { addressAttacks } from './attacks/addresses.ts';
import { cageAttackNames, proveCage } from './attacks/cage.ts';
import { proveDisks } from './attacks/disks.ts';
import { floods } from './attacks/floods.ts';
import { guestLinkAttacks } from './attacks/guest-link.ts';
import { linkLayerAttacks } from './attacks/link-layer.ts';
import { resourceAttacks } from './attacks/resources.ts';
import { vmmUserAttacks } from './attacks/vmm-user.ts';
import { type Finding, type Skipped, tell } from './finding.ts';
import {
  boot,
  diskMibPerSecond,
  type Ground,
  isHostHealthy,
  isNeighbourHealthy,
  prepare,
  productNetwork,
  reachesInternet,
  vms,
} from './ground.ts';
import { type AttackerDesk, newDriver, openDesk } from './guest.ts';
import { type Role, Witness, type World } from './world.ts';

/** What `main.ts` hands over. */
export interface Errand {
  names: Record<Role, string>;
  /** For disks, sockets and consoles; removed by who gave it. */
  folder: string;
  /** These attacks, and those on disks; all when it is empty. */
  only: readonly string[];
}

const attacks = [
  ...addressAttacks,
  ...linkLayerAttacks,
  ...floods,
  ...resourceAttacks,
  ...guestLinkAttacks,
  ...vmmUserAttacks,
];

const say = (line: string): unknown => process.stderr.write(`${line}\n`);

async function main({ names, folder, only }: Errand): Promise<void> {
  const world: World = {
    host: namespaceNamed(names.host),
    inet: namespaceNamed(names.inet),
    lan: namespaceNamed(names.lan),
    cloud: namespaceNamed(names.cloud),
  };
  const network = productNetwork();
  const witnesses = {
    host: await Witness.stand('host', names.host),
    inet: await Witness.stand('inet', names.inet),
    lan: await Witness.stand('lan', names.lan),
    cloud: await Witness.stand('cloud', names.cloud),
  };
  let desk: AttackerDesk | undefined;
  try {
    const image = await testImage();
    await network.mend();
    desk = await openDesk('10.200.0.1');
    const found = await prove({ folder, world, network, witnesses, image, desk }, only);
    process.stdout.write(`${JSON.stringify(found)}\n`);
  } finally {
    desk?.close();
    const driver = newDriver(folder);
    for (const vm of await driver.find()) await driver.stop(vm);
    await network.removeAll();
    for (const witness of Object.values(witnesses)) await witness.close();
  }
}

async function prove(ground: Ground, only: readonly string[]) {
  const run = hostCommands();
  say('two VMs boot');
  const [attacker, neighbour] = await Promise.all([
    boot(ground, vms.attacker, { diskBytesPerSecond: diskMibPerSecond * 2 ** 20 }),
    boot(ground, vms.neighbour),
  ]);
  const lab: Lab = { ...ground, run, attacker, neighbour };
  await prepare(lab);
  const internet = await reachesInternet(attacker);
  say(`internet: ${internet}`);
  const findings: Finding[] = [];
  const health = { hostHealthy: true, neighbourHealthy: true };
  for (const attack of attacks.filter(({ name }) => only.length === 0 || only.includes(name))) {
    findings.push(await judged(attack, lab));
    health.hostHealthy &&= await isHostHealthy(lab);
    health.neighbourHealthy &&= await isNeighbourHealthy(lab);
  }
  findings.push(...(await proveDisks(ground, lab, say)));
  health.hostHealthy &&= await isHostHealthy(lab);
  health.neighbourHealthy &&= await isNeighbourHealthy(lab);
  // What came late would have been missed above.
  const late = (await Promise.all(Object.values(ground.witnesses).map((witness) => witness.sightings())))
    .flatMap((seen) => Object.keys(seen))
    .filter((key) => key.endsWith(':blocked') && !isBounded(key));
  for (const finding of findings)
    if (late.some((key) => key.endsWith(`${finding.name}:blocked`))) finding.blocked = false;
  const stays = internet && (await reachesInternet(neighbour));
  await neighbour.driver.stop(neighbour.vm);
  const { caged, skipped } = await cageOrReason();
  return { internet: stays, ...health, findings: [...findings, ...caged], skipped };
}

/** On a machine that cannot boot the Debian with control groups, these attacks are told of as not tried. */
async function cageOrReason(): Promise<{ caged: Finding[]; skipped: Skipped[] }> {
  say('a Debian with control groups boots');
  try {
    return { caged: await proveCage(say), skipped: [] };
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    say(`skipped: ${cageAttackNames.join(', ')}: ${why}`);
    return {
      caged: [],
      skipped: cageAttackNames.map((name) => ({ name, skipped: `needs control groups v2: ${why}` })),
    };
  }
}

/** Floods may come through as far as their limit goes. */
const isBounded = (key: string): boolean => /flood:/.test(key);

async function judged(attack: Attack, lab: Lab): Promise<Finding> {
  const { name, stops } = attack;
  const found = await attack.judge(lab).catch((error: unknown) => {
    return { blocked: false, control: false, seen: `could not be judged: ${String(error)}` };
  });
  // The next attack is to find the host as it should be.
  await lab.network.mend();
  const finding = { name, stops, ...found };
  tell(finding, say);
  return finding;
}

function namespaceNamed(name: string): NetworkNamespace {
  return { name, run: hostCommands(['ip', 'netns', 'exec', name]), close: async () => undefined };
}

await main(JSON.parse(process.argv[2] ?? ''));
