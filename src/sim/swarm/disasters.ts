// What strikes once or a few times in a storm: each disaster begins at a moment that the seed chose and lasts for a while.

import { type DurationMs, minutes, seconds } from '../../domain/time.ts';
import type { StatusComponent, StatusFeedFault } from '../github/status-page.ts';
import type { HostMachine } from '../world/host-machine.ts';
import type { RestorableDatabase } from '../world/world.ts';
import type { FaultName } from './fault-kinds.ts';
import { order } from './operator.ts';
import type { Storm } from './storm.ts';

/** Says `struck` when it has found something to strike: where nothing was, nothing was injected. */
type Disaster = (lasting: () => Promise<void>, struck: () => void) => Promise<void> | void;

/** Starts all that the seed chose. Each ends by itself; what has not ended with the storm is ended by `calmDown`. */
export function brewDisasters<Snapshot>(storm: Storm, database: RestorableDatabase<Snapshot>): void {
  const { world } = storm;
  const { faults } = world.github.world;
  const now = new Set<FaultName>();
  const { statusPage } = world.github;
  const during = (kind: FaultName, component: StatusComponent): Disaster => {
    return async (lasting, struck) => {
      struck();
      now.add(kind);
      statusPage.set(component, 'major_outage');
      await lasting();
      statusPage.set(component, 'operational');
      now.delete(kind);
    };
  };
  const is = (kind: FaultName): boolean => now.has(kind) && !storm.isOver;

  const silent = storm.dice('webhook-outage-kind').chance(0.5);
  faults.webhooks = () => (is('webhook-outage') ? (silent ? 'silent' : 'failing') : 'up');
  const call = faults.call;
  faults.call = (operation) => (is('api-outage') ? { kind: 'refused', status: 503 } : call(operation));
  faults.assignmentDown = () => is('assignment-outage');
  const page = storm
    .dice('status-page')
    .pick<StatusFeedFault>([
      ...([{ kind: 'honest' }, { kind: 'silent' }, { kind: 'down' }, { kind: 'garbage' }] as const),
      { kind: 'late', ms: minutes(15) },
    ]);
  faults.statusFeed = () => (storm.isOver ? { kind: 'honest' } : page);

  strike(storm, 'webhook-outage', [minutes(2), minutes(60)], during('webhook-outage', 'Webhooks'));
  strike(storm, 'api-outage', [minutes(1), minutes(20)], during('api-outage', 'API Requests'));
  strike(storm, 'assignment-outage', [minutes(1), minutes(15)], during('assignment-outage', 'Actions'));
  strikeDatabase(storm, database);
  strikeServers(storm);
  strikeHosts(storm);
  strikeNetwork(storm);
  strikeByOrder(storm);
}

/** Calls `disaster` at each moment that the seed chose for this kind. */
function strike(
  storm: Storm,
  kind: FaultName,
  [shortest, longest]: readonly [DurationMs, DurationMs],
  disaster: Disaster,
): void {
  const { clock, trace } = storm.world;
  const dice = storm.dice(kind);
  for (const moment of dice.moments(storm.rate(kind), storm.options.stormMs)) {
    const lastsMs = Math.round(dice.logBetween(shortest, longest));
    const begin = async (): Promise<void> => {
      await clock.sleep(moment);
      if (storm.isOver) return;
      trace.write('storm', kind, { lastsMs });
      await disaster(
        () => clock.sleep(lastsMs),
        () => storm.count(kind),
      );
    };
    void begin();
  }
}

function strikeDatabase<Snapshot>(storm: Storm, database: RestorableDatabase<Snapshot>): void {
  const { world } = storm;
  let away = false;
  world.weather.databaseIsAway = () => away && !storm.isOver;
  strike(storm, 'database-away', [seconds(5), minutes(10)], async (lasting, struck) => {
    struck();
    away = true;
    await lasting();
    away = false;
  });
  const dice = storm.dice('restore');
  strike(storm, 'database-restored', [minutes(1), minutes(60)], async (lasting, struck) => {
    const backup: Awaited<Snapshot> = await database.snapshot();
    await lasting();
    // Not after the storm: the repair loops are judged then.
    if (storm.isOver) return;
    struck();
    const epoch = dice.chance(0.5) ? { epoch: `restored-${world.clock.now()}` } : {};
    await world.restoreDatabase(() => database.restore(backup, epoch));
  });
}

function strikeServers(storm: Storm): void {
  const { servers } = storm.world;
  strike(storm, 'server-killed', [seconds(1), minutes(10)], async (lasting, struck) => {
    const server = storm.dice('which-server').pick(servers);
    if (server.alive) struck();
    server.kill();
    await lasting();
    server.start();
  });
  strike(storm, 'all-servers-down', [minutes(1), minutes(90)], async (lasting, struck) => {
    if (servers.some(({ alive }) => alive)) struck();
    for (const server of servers) server.kill();
    await lasting();
    for (const server of servers) server.start();
  });
}

function strikeHosts(storm: Storm): void {
  const { hosts } = storm.world;
  const anyHost = (): HostMachine => storm.dice('which-host').pick(hosts);
  const outOfPower: Disaster = async (lasting, struck) => {
    const machine = anyHost();
    if (machine.isOff) return;
    struck();
    machine.powerOff();
    await lasting();
    await storm.world.comeBack(machine);
  };
  strike(storm, 'host-reboot', [seconds(20), minutes(5)], outOfPower);
  strike(storm, 'host-lost', [minutes(10), minutes(90)], outOfPower);
  strike(storm, 'disk-full', [minutes(1), minutes(20)], async (lasting, struck) => {
    const machine = anyHost();
    struck();
    machine.host.diskFull = true;
    machine.journalIsFull = true;
    await lasting();
    machine.host.diskFull = false;
    machine.journalIsFull = false;
  });
  strike(storm, 'vm-killed', [0.5, 1], (_lasting, struck) => {
    const { host } = anyHost();
    const vm = host.running[0];
    if (vm === undefined) return;
    struck();
    host.crash(vm);
  });
}

/** Hosts are drained for a while, or emptied by force. */
function strikeByOrder(storm: Storm): void {
  const { world } = storm;
  const outOfService = (what: 'drain' | 'disable', force: boolean): Disaster => {
    return async (lasting, struck) => {
      const { id } = storm.dice('which-host-is-held').pick(world.hosts);
      if (await order(world, id, what, force)) struck();
      await lasting();
      await order(world, id, 'resume');
    };
  };
  strike(storm, 'host-drained', [minutes(1), minutes(30)], outOfService('drain', false));
  strike(storm, 'host-forced', [minutes(1), minutes(10)], outOfService('disable', true));
}

function strikeNetwork(storm: Storm): void {
  const { weather, hosts, servers } = storm.world;
  const cuts = new Set<string>();
  weather.isCut = (host, server) => !storm.isOver && (cuts.has(`${host} ${server}`) || cuts.has(host));
  const dice = storm.dice('cut');
  strike(storm, 'partition', [seconds(2), minutes(20)], async (lasting, struck) => {
    const host = dice.pick(hosts).name;
    const cut = dice.chance(0.5) ? host : `${host} ${dice.pick(servers).name}`;
    struck();
    cuts.add(cut);
    await lasting();
    cuts.delete(cut);
  });
  const errors = new Map<string, DurationMs>();
  weather.clockErrorMs = (machine) => (storm.isOver ? 0 : (errors.get(machine) ?? 0));
  const jumps = storm.dice('jump');
  strike(storm, 'clock-jump', [seconds(30), minutes(30)], async (lasting, struck) => {
    const machine = jumps.pick([...hosts, ...servers]).name;
    const isServer = machine.startsWith('server');
    const direction = jumps.between(-1, 1);
    if (direction !== 0) struck();
    errors.set(machine, direction * (isServer ? seconds(30) : minutes(20)));
    await lasting();
    errors.delete(machine);
  });
}
