import { useState } from 'react';

/** A command to run elsewhere, with a button that copies it. */
export function Command({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = (): void => {
    // Refused where the page has no secure address: then the text can still be selected.
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <div className="command">
      <code>{text}</code>
      <button type="button" onClick={copy}>
        <span aria-live="polite">{isCopied ? 'Copied' : label}</span>
      </button>
    </div>
  );
}
