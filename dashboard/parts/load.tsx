import type { ApiHost } from '../../src/wire/api/hosts.ts';
import { Meter } from './meter.tsx';

/** Work that waits for a processor, a minute's mean, beside how many there are. */
export function Load({ vitals }: Pick<ApiHost, 'vitals'>) {
  if (vitals?.load === undefined) return <span className="muted">—</span>;
  const { load, processors } = vitals;
  return (
    <>
      {load.oneMinute.toFixed(1)}
      {processors !== undefined && (
        <>
          {' '}
          of {processors}
          <Meter used={load.oneMinute} of={processors} warnsWhenFull />
        </>
      )}
    </>
  );
}
