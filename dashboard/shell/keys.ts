// Keys that work on every page: `g` and a letter jumps, `/` searches, `?` lists them. Never while one types; Escape leaves a
// field.

import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { pageList } from './page-list.ts';

/** How long after `g` the letter may come. */
const jumpMs = 1_500;

/** Letters mean nothing to one of a few to choose from, so the keys work there. */
const chosenByArrows = 'input:is([type="radio"], [type="checkbox"])';

function isTyping(target: EventTarget | null): target is HTMLElement {
  return (
    target instanceof HTMLElement &&
    !target.matches(chosenByArrows) &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

export function useKeys(showHelp: () => void): void {
  const [, navigate] = useLocation();
  const begunAt = useRef(-jumpMs);
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector('dialog[open]') !== null) return;
      if (isTyping(event.target)) {
        if (event.key === 'Escape') event.target.blur();
        return;
      }
      const isJump = event.timeStamp - begunAt.current < jumpMs;
      begunAt.current = event.key === 'g' && !isJump ? event.timeStamp : -jumpMs;
      const page = isJump ? pageList.find(({ letter }) => letter === event.key) : undefined;
      if (page !== undefined) navigate(page.path);
      else if (event.key === '/') document.querySelector<HTMLElement>('[data-search]')?.focus();
      else if (event.key === '?') showHelp();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  }, [navigate, showHelp]);
}
