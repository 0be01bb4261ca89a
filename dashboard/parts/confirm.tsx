import { type ReactNode, useEffect, useId, useRef } from 'react';

/** Asks before something is done that others notice. Escape and Cancel do nothing. */
export function Confirm(props: {
  title: string;
  action: string;
  isBusy: boolean;
  error: Error | null;
  onConfirm: () => void;
  onCancel: () => void;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby={title} className="sheet" onClose={props.onCancel}>
      <h2 id={title}>{props.title}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.onConfirm();
        }}
      >
        {props.children}
        {props.error !== null && (
          <p role="alert" className="notice bad">
            {props.error.message}
          </p>
        )}
        <div className="buttons">
          <button type="submit" className="main" disabled={props.isBusy}>
            {props.action}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
