/** Where an installed agent has what. `uninstall` removes all of it. */
export const places = {
  /** Each version in a folder of its own, and `current`, a link to one. */
  versions: '/opt/bellows',
  /** The programs of Firecracker's project. */
  firecracker: '/opt/bellows/firecracker',
  config: '/etc/bellows',
  environment: '/etc/bellows/agent.env',
  record: '/etc/bellows/install.json',
  state: '/var/lib/bellows',
  /** Keys, journal and VMs. Short, since Unix sockets lie in it. */
  agentFolder: '/var/lib/bellows/agent',
  /** XDG_CACHE_HOME of the agent: images lie below. */
  cache: '/var/lib/bellows/cache',
  command: '/usr/local/bin/bellows',
  units: '/etc/systemd/system',
} as const;

/** Where they lie among the versions. */
export const firecrackerFolder = places.firecracker.slice(places.versions.length + 1);
export const currentLink = `${places.versions}/current`;
/** Inside an archive. */
export const launcher = 'bin/bellows';
/** The VMs' control group, below the root of control groups. Its unit hands it to us (systemd.resource-control(5), Delegate). */
export const vmsControlGroup = 'bellows.slice/bellows-vms.service';
