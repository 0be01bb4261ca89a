import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call, RefusedError } from '../api/call.ts';
import { credentials } from '../api/sign-in.ts';
import { Refusal } from '../parts/answered.tsx';

export function SignInPage({ wasRefused }: { wasRefused: boolean }) {
  const ways = useQuery({
    queryKey: ['signInWays'],
    queryFn: ({ signal }) => call('signInWays', {}, signal),
  });
  const browser = ways.data?.browser;
  return (
    <div className="sign-in">
      <main>
        <h1>
          <img src="/bellows.svg" alt="" width="24" height="24" />
          Bellows
        </h1>
        {wasRefused && (
          <p className="notice bad" role="alert">
            The control plane does not know this sign-in. It may have ended, or its token was changed or
            revoked.
          </p>
        )}
        {browser !== undefined && (
          <a className="button main" href={`${browser}?next=${encodeURIComponent(location.pathname)}`}>
            Sign in with GitHub
          </a>
        )}
        <TokenForm isMain={browser === undefined} />
      </main>
    </div>
  );
}

function TokenForm({ isMain }: { isMain: boolean }) {
  const [token, setToken] = useState('');
  const attempt = useMutation({
    mutationFn: () => {
      credentials.take(token);
      return call('me');
    },
    onSuccess: credentials.accept,
  });
  const signIn = (event: FormEvent): void => {
    event.preventDefault();
    attempt.mutate();
  };
  const { error } = attempt;
  const isOther = error !== null && !(error instanceof RefusedError && error.problem.status === 401);
  return (
    <>
      {isOther && <Refusal error={error} />}
      <form className="form" onSubmit={signIn}>
        <label className="field">
          <span>Admin token</span>
          <input
            type="password"
            autoComplete="current-password"
            required
            value={token}
            onChange={({ target }) => setToken(target.value)}
          />
        </label>
        <div className="buttons">
          <button type="submit" className={isMain ? 'main' : ''} disabled={attempt.isPending}>
            Sign in
          </button>
        </div>
      </form>
      <p className="muted small">
        The token lies in the file <code>admin-token</code> of the server's data folder. This tab forgets it
        when it is closed.
      </p>
    </>
  );
}
