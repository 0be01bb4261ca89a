// How VMs are joined to the world, and what keeps them from the rest of it.

import { tapPrefix } from '../../domain/network/address-plan.ts';
import { defineCheck, failure, fine, type Plan, skipped, warning } from './check.ts';
import { textsIn } from './gather.ts';

const onTap = ({ network }: Plan): boolean => network === 'tap';
/** With `restricted` VMs reach what the operator forwards and nothing else. */
const reachesOut = ({ network }: Plan): boolean => network !== 'restricted';

export const guestNetwork = defineCheck({
  id: 'guest-network',
  group: 'network',
  title: 'VMs reach the internet, and nothing else',
  means:
    "`restricted`: no job can talk to GitHub. `open`: jobs reach this host's loopback addresses and your local network.",
  mend: 'Run the agent with `--network tap`, as root.',
  look: () => ({}),
  judge: (_facts, { network }) => {
    if (network === 'tap') return fine('each VM has a tap device of its own, behind our firewall');
    return network === 'open'
      ? warning('the network is open', {
          means:
            "Jobs reach this host's loopback addresses and your local network: never run strangers' code so.",
        })
      : warning('the network is restricted', {
          means: 'VMs reach what BELLOWS_GUEST_FORWARDS names and nothing else: no job can talk to GitHub.',
        });
  },
});

export const tun = defineCheck({
  id: 'tun',
  group: 'network',
  title: 'Tap devices can be made',
  means: 'No VM gets a network: none can start.',
  mend: 'sudo modprobe tun; for good: echo tun | sudo tee /etc/modules-load.d/tun.conf',
  applies: onTap,
  look: ({ host }) => ({ device: host.opens('/dev/net/tun') }),
  judge: ({ device }) =>
    device === undefined ? failure('/dev/net/tun is missing') : fine('/dev/net/tun opens'),
});

export const forwarding = defineCheck({
  id: 'forwarding',
  group: 'network',
  title: 'The host forwards packets of VMs',
  means: 'VMs reach nothing: their runners never connect to GitHub.',
  mend: 'Restart the agent, which turns it on; for good: net.ipv4.ip_forward=1 in /etc/sysctl.d',
  applies: onTap,
  look: ({ host }) => ({ on: host.text('/proc/sys/net/ipv4/ip_forward') }),
  judge: ({ on }) => {
    if (on === undefined) return failure('this kernel has no IPv4');
    return on.trim() === '1' ? fine('on') : failure('off');
  },
});

export const firewall = defineCheck({
  id: 'firewall',
  group: 'network',
  title: 'Our firewall keeps VMs from this host, from each other and from your network',
  means: 'Jobs may reach what they must not. No VM is started so; those that run may be open.',
  mend: 'sudo systemctl restart bellows-agent: it puts its rules in order when it starts',
  applies: onTap,
  look: ({ firewall }) => ({ truth: firewall() }),
  judge: ({ truth }) => {
    if (truth === undefined) return skipped('nothing tells');
    return truth.problems.length === 0
      ? fine('its rules are loaded, and as they should be')
      : failure(truth.problems.join('; '));
  },
});

export const otherFirewalls = defineCheck({
  id: 'other-firewalls',
  group: 'network',
  title: 'No other firewall stops the packets of VMs',
  means:
    'A packet passes only if every firewall of the host lets it: VMs reach nothing though ours allows it.',
  mend: 'Let the other firewall (ufw, firewalld, Docker) admit the devices bw-*; our own rules decide about them.',
  applies: onTap,
  look: ({ firewall }) => ({ truth: firewall() }),
  judge: ({ truth }) => {
    if (truth === undefined) return skipped('nothing tells');
    const closed = truth.others.filter(({ admitsGuests }) => !admitsGuests);
    const names = truth.others.map(({ name }) => name).join(', ');
    if (closed.length === 0) return fine(names === '' ? 'there is none' : `${names}: lets VMs through`);
    return warning(closed.map(({ name, chain }) => `${name} (${chain})`).join(', '), {
      mend: closed.map(({ remedy }) => remedy).join('; '),
    });
  },
});

const metadataAddress = '169.254.169.254';

export const cloudMetadata = defineCheck({
  id: 'cloud-metadata',
  group: 'network',
  title: 'Jobs cannot ask the cloud for the credentials of this machine',
  means: "A job can take on this machine's identity in your cloud.",
  mend: 'Run the agent with `--network tap`, which closes these addresses to VMs, or take the identity from the machine.',
  applies: reachesOut,
  look: ({ host }) => ({ answer: host.connect(metadataAddress, 80) }),
  judge: ({ answer }, plan) => {
    if (!answer.ok) return fine(`nothing answers on ${metadataAddress}`);
    return onTap(plan)
      ? fine('a metadata service answers this host; our firewall closes it to VMs (see firewall)')
      : failure(`${metadataAddress} answers this host, and so every VM`);
  },
});

export const ipv6 = defineCheck({
  id: 'ipv6',
  group: 'network',
  title: 'Tap devices speak no IPv6',
  means: 'A VM may reach the host and others by IPv6, past the rules for IPv4.',
  mend: 'Stop the agent, remove the devices (sudo ip link delete DEVICE) and start it again: it makes them without IPv6.',
  applies: onTap,
  look: ({ host }) => ({
    devices: textsIn(host, '/proc/sys/net/ipv6/conf', 'disable_ipv6', (name) => name.startsWith(tapPrefix)),
  }),
  judge: ({ devices }) => {
    if (devices === undefined) return fine('this kernel has no IPv6');
    const open = devices.filter(([, disabled]) => disabled !== '1').map(([name]) => name);
    return open.length === 0 ? fine(`${devices.length} devices, all without`) : failure(open.join(', '));
  },
});

/** Where most runners go; a GitHub Enterprise Server is looked at by its own name by the control plane alone. */
const github = 'api.github.com';

export const dns = defineCheck({
  id: 'dns',
  group: 'network',
  title: 'Names are found',
  means: 'Neither this host nor its VMs find GitHub.',
  mend: 'See which resolvers the host has (cat /etc/resolv.conf) and whether they answer. Behind GitHub Enterprise Server without internet this is as it should be.',
  applies: reachesOut,
  look: ({ host }) => ({ answer: host.lookUp(github) }),
  judge: ({ answer }) =>
    answer.ok
      ? fine(`${github} in ${Math.round(answer.ms)} ms`)
      : warning(`${github} is not found: ${answer.why}`),
});

export const gitHub = defineCheck({
  id: 'github',
  group: 'network',
  title: 'GitHub is reached from here',
  means: 'Runners in the VMs of this host will most likely not reach it either: they get no job.',
  mend: 'Let this host out to port 443 of GitHub (https://api.github.com/meta lists its addresses). Behind GitHub Enterprise Server this is as it should be.',
  applies: reachesOut,
  look: ({ host }) => ({ answer: host.connect(github, 443) }),
  judge: ({ answer }) =>
    answer.ok
      ? fine(`${github} in ${Math.round(answer.ms)} ms`)
      : warning(`${github} is not reached: ${answer.why}`),
});

export const networkChecks = [
  guestNetwork,
  tun,
  forwarding,
  firewall,
  otherFirewalls,
  cloudMetadata,
  ipv6,
  dns,
  gitHub,
];
