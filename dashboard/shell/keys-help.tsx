import { type RefObject, useId } from 'react';
import { pageList } from './page-list.ts';

const others: readonly (readonly [readonly string[], string])[] = [
  [['/'], 'Search on this page'],
  [['j'], 'Next row of a table'],
  [['k'], 'Row before'],
  [['Enter'], 'Open the row'],
  [['Esc'], 'Leave a field or a dialog'],
  [['?'], 'This list'],
];

export function KeysHelp({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  const title = useId();
  const rows = [
    ...pageList.map(({ letter, title: page }) => [['g', letter], `Go to ${page}`] as const),
    ...others,
  ];
  return (
    <dialog ref={dialog} aria-labelledby={title} className="sheet">
      <h2 id={title}>Keys</h2>
      <dl className="keys">
        {rows.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
