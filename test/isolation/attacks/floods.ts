// Too much of what is allowed; and two attacks that the way the host is wired stops.

import { ethernet, tcpSyn, udp } from '../../support/packets.ts';
import { type Attack, type Lab, pause, ruled, sighted } from '../attack.ts';
import { ip, places } from '../world.ts';

/** Small, so that an emulated VM can go beyond them; the rules are the same. */
export const floodLimits = {
  maxConnections: 300,
  connectionsPerSecond: 50,
  bytesPerSecond: 1_000_000,
} as const;

const tcp = 6;
const udpNumber = 17;

function toInternet(lab: Lab, packet: Buffer): string {
  const { tap, gatewayMac } = lab.attacker;
  return ethernet(tap.mac, 0x0800, packet, gatewayMac).toString('hex');
}

/** What may pass in this time: three times a second's worth at once (the burst is twice the rate), and the rate after that. */
const allowed = (seconds: number): number => floodLimits.connectionsPerSecond * (3 + seconds) * 1.1;

export const floods: readonly Attack[] = [
  ruled({
    name: 'syn-flood',
    rules: ['new-connections', 'connections'],
    attempt: async (lab, text) => {
      const frame = toInternet(lab, tcpSyn(lab.attacker.address, places.internet.address, 81, { text }));
      const start = performance.now();
      await lab.attacker.order('flood', { frame, count: 1500, protocol: tcp });
      const seconds = (performance.now() - start) / 1000;
      return (await sighted(lab, 'inet', text)).packets > allowed(seconds);
    },
  }),
  ruled({
    name: 'conntrack-flood',
    rules: ['new-connections', 'connections'],
    attempt: async (lab, text) => {
      const frame = toInternet(lab, udp(lab.attacker.address, places.silence.address, 9, { text }));
      await lab.attacker.order('flood', { frame, count: 3000, protocol: udpNumber });
      const tracked = await lab.run('sysctl', ['-n', 'net.netfilter.nf_conntrack_count']);
      return Number(tracked) > 2 * floodLimits.maxConnections;
    },
  }),
  ruled({
    name: 'slow-conntrack-flood',
    rules: ['connections'],
    attempt: async (lab, text) => {
      // Slow enough for the rate: TCP connections that are never finished stay for minutes.
      const frame = toInternet(lab, tcpSyn(lab.attacker.address, places.silence.address, 82, { text }));
      const rounds = Math.ceil((2 * floodLimits.maxConnections) / floodLimits.connectionsPerSecond);
      for (let round = 0; round < rounds; round++) {
        const start = performance.now();
        const count = floodLimits.connectionsPerSecond;
        await lab.attacker.order('flood', { frame, count, protocol: tcp, first: round * count });
        await pause(Math.max(0, 1000 - (performance.now() - start)));
      }
      return (await sighted(lab, 'inet', text)).packets > floodLimits.maxConnections * 1.2;
    },
  }),
  ruled({
    name: 'byte-flood',
    rules: ['bytes'],
    attempt: async (lab, mark) => {
      const text = mark.padEnd(1300, '.');
      const packet = udp(lab.attacker.address, places.internet.address, 9, { text });
      const start = performance.now();
      await lab.attacker.order('send_frames', { frames: [toInternet(lab, packet)], times: 12_000 });
      const seconds = (performance.now() - start) / 1000;
      return (await sighted(lab, 'inet', mark)).bytes > floodLimits.bytesPerSecond * (2 + seconds) * 1.2;
    },
  }),
  ruled({
    name: 'inbound-from-the-internet',
    rules: ['inbound'],
    attempt: async (lab, mark) => {
      const program = 'import socket,sys; socket.socket(2,2).sendto(sys.argv[2].encode(),(sys.argv[1],8000))';
      await lab.world.inet.run('python3', ['-c', program, lab.attacker.address, mark]);
      return (await sighted(lab, 'host', mark, 'leaving')).packets > 0;
    },
  }),
  {
    name: 'rogue-dhcp-server',
    stops: 'no bridge: VMs share no Ethernet',
    judge: async (lab) => {
      const { attacker, neighbour, run } = lab;
      const offer = (text: string) =>
        ethernet(
          attacker.tap.mac,
          0x0800,
          udp(attacker.address, '255.255.255.255', 68, { sourcePort: 67, text }),
        ).toString('hex');
      const name = 'attack:rogue-dhcp-server';
      await attacker.order('send_frames', { frames: [offer(`${name}:blocked;`)] });
      const got = await sighted(lab, 'host', `${name}:blocked;`, 'leaving');
      await attacker.order('send_for', { frames: [offer(`${name}:control;`)], seconds: 2 });
      const taps = [attacker.tap.device, neighbour.tap.device];
      await ip(
        { run },
        'link add name shared type bridge',
        ...taps.map((tap) => `link set dev ${tap} master shared`),
      );
      await ip({ run }, 'link set dev shared up');
      let control = 0;
      for (let look = 0; look < 20 && control === 0; look++)
        control = (await sighted(lab, 'host', `${name}:control;`, 'leaving')).packets;
      await ip({ run }, ...taps.map((tap) => `link set dev ${tap} nomaster`), 'link delete dev shared');
      return { blocked: got.packets === 0, control: control > 0, seen: 'nothing came out of the other tap' };
    },
  },
];
