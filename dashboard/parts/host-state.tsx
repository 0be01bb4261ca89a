import type { ApiHost } from '../../src/wire/api/hosts.ts';
import { StateMark } from './state-mark.tsx';

export function HostState({ host }: { host: Pick<ApiHost, 'state' | 'hold'> }) {
  if (host.state === 'silent') return <StateMark shape="cross" tone="bad" word="Silent" />;
  if (host.hold?.kind === 'disabled') return <StateMark shape="bar" tone="warn" word="Disabled" />;
  if (host.hold !== undefined) return <StateMark shape="dash" tone="warn" word="Draining" />;
  return <StateMark shape="dot" tone="calm" word="Online" />;
}
