// What stands around every page: skip link, navigation, theme, and the place to which the focus goes with a new page.

import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { call } from '../api/call.ts';
import { credentials, useSignIn } from '../api/sign-in.ts';
import { useKeys } from './keys.ts';
import { KeysHelp } from './keys-help.tsx';
import { pageList } from './page-list.ts';
import { ThemeSwitch } from './theme-switch.tsx';

export function Shell({ children }: { children: ReactNode }) {
  const help = useRef<HTMLDialogElement>(null);
  const showHelp = useCallback(() => help.current?.showModal(), []);
  useKeys(showHelp);
  const state = useSignIn();
  const [path] = useLocation();
  const [isOpen, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  // With another page the focus goes to its beginning, as if the browser had loaded it.
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    setOpen(false);
    scrollTo(0, 0);
    main.current?.focus();
  }, [path]);
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="side" data-open={isOpen}>
        <div className="brand">
          <Link href="/">
            <img src="/bellows.svg" alt="" width="20" height="20" />
            Bellows
          </Link>
          <button
            type="button"
            className="menu"
            aria-expanded={isOpen}
            aria-controls="navigation"
            onClick={() => setOpen(!isOpen)}
          >
            Menu
          </button>
        </div>
        <div className="side-body" id="navigation">
          <Navigation path={path} />
          <div className="side-foot">
            <ThemeSwitch />
            {state.is === 'in' && <p className="muted small who">{state.me.name}</p>}
            <div className="side-buttons">
              <button type="button" className="quiet" aria-keyshortcuts="?" onClick={showHelp}>
                Keys <kbd>?</kbd>
              </button>
              <button type="button" className="quiet" onClick={signOut}>
                Sign out
              </button>
            </div>
          </div>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      <KeysHelp dialog={help} />
    </div>
  );
}

/** A session is ended at the control plane; a token is only forgotten here, for others may use it too. */
function signOut(): void {
  if (credentials.hasToken()) credentials.forget();
  else call('signOut').then(credentials.forget, credentials.forget);
}

function Navigation({ path }: { path: string }) {
  const groups = Map.groupBy(pageList, ({ group }) => group);
  return (
    <nav aria-label="Pages">
      {[...groups].map(([group, pages]) => (
        <section key={group}>
          <h2>{group}</h2>
          <ul>
            {pages.map(({ path: to, title, letter }) => (
              <li key={to}>
                <Link href={to} aria-current={isAt(path, to) ? 'page' : undefined}>
                  {title}
                  <kbd data-keys={`g ${letter}`} />
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}

const isAt = (path: string, page: string): boolean =>
  page === '/' ? path === '/' : path === page || path.startsWith(`${page}/`);
