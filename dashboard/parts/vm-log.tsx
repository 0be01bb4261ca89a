import { useEffect, useRef, useState } from 'react';
import { useAnswer } from '../api/use-answer.ts';
import { Answered } from './answered.tsx';

/**
 * The log of a VM's console and runner, fetched from its host when asked for.
 * @param isAskedFor whoever came here came for it.
 */
export function VmLog({ vm, isAskedFor = false }: { vm: string; isAskedFor?: boolean }) {
  const [isOpen, setOpen] = useState(isAskedFor);
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!isAskedFor) return;
    place.current?.scrollIntoView();
    place.current?.focus({ preventScroll: true });
  }, [isAskedFor]);
  return (
    <section className="panel" aria-label="Log" ref={place} tabIndex={-1}>
      <h2>Log of {vm}</h2>
      {isOpen ? (
        <Lines vm={vm} />
      ) : (
        <button type="button" onClick={() => setOpen(true)}>
          Show the log
        </button>
      )}
    </section>
  );
}

function Lines({ vm }: { vm: string }) {
  const log = useAnswer('vmLog', { params: { vm }, query: { lines: 500 } }, { everyMs: 5_000 });
  return (
    <Answered query={log}>
      {({ lines }) =>
        lines.length === 0 ? (
          <p className="muted">It has written nothing yet.</p>
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keys must reach it
          <pre className="log" tabIndex={0}>
            {lines.join('\n')}
          </pre>
        )
      }
    </Answered>
  );
}
