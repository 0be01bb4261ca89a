import type { ApiRepair } from '../../src/wire/api/repairs.ts';
import type { ApiVm } from '../../src/wire/api/vms.ts';
import { repairWords } from '../parts/repair-words.ts';
import { Ago } from '../parts/time.tsx';

/** What went wrong on the job's way and was put right: VMs that were tried before, and repairs. Nothing when all went well. */
export function JobMended(props: { repairs: readonly ApiRepair[]; attempts: readonly ApiVm[]; now: number }) {
  const { repairs, attempts, now } = props;
  const failed = attempts.filter(({ failure }) => failure !== undefined);
  if (repairs.length === 0 && failed.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="mended">
      <h2 id="mended">Tried again and mended</h2>
      <dl className="facts">
        {failed.map((vm) => (
          <div key={vm.id} className="fact-pair">
            <dt>
              <Ago time={vm.since} now={now} />
            </dt>
            <dd>
              <code>{vm.id}</code> failed: {vm.failure?.reason}
            </dd>
          </div>
        ))}
        {repairs.map((repair) => (
          <div key={repair.number} className="fact-pair">
            <dt>
              <Ago time={repair.at} now={now} />
            </dt>
            <dd>
              {repairWords[repair.kind]} <span className="muted">({repair.cause})</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
