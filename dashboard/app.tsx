import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Route, Switch } from 'wouter';
import { call } from './api/call.ts';
import { useLive } from './api/live.ts';
import { credentials, useSignIn } from './api/sign-in.ts';
import { HostPage } from './pages/host.tsx';
import { HostsPage } from './pages/hosts.tsx';
import { IncidentPage } from './pages/incident.tsx';
import { InsightsPage } from './pages/insights.tsx';
import { IsItUsPage } from './pages/is-it-us.tsx';
import { JobPage } from './pages/job.tsx';
import { QueuePage } from './pages/queue.tsx';
import { RepairsPage } from './pages/repairs.tsx';
import { SetUpPage } from './pages/set-up.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { SlowerPage } from './pages/slower.tsx';
import { TodayPage } from './pages/today.tsx';
import { Refusal } from './parts/answered.tsx';
import { Page } from './parts/page.tsx';
import { Shell } from './shell/shell.tsx';

export function App() {
  const state = useSignIn();
  const queries = useQueryClient();
  const error = useAskWhoIAm(state.is === 'unknown');
  useLive(queries, state.is === 'in');
  // What one person saw is not there for the next one at this screen.
  useEffect(() => {
    if (state.is !== 'out' && state.is !== 'refused') return;
    // The page on which one signs in is there already, and asks how one can.
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'signInWays' });
  }, [state, queries]);
  if (state.is === 'unknown') return error && <Refusal error={error} />;
  if (state.is !== 'in') return <SignInPage wasRefused={state.is === 'refused'} />;
  return (
    <Shell>
      <Switch>
        <Route path="/" component={TodayPage} />
        <Route path="/queue" component={QueuePage} />
        <Route path="/jobs/:job">{({ job }) => <JobPage key={job} id={Number(job)} />}</Route>
        <Route path="/hosts" component={HostsPage} />
        <Route path="/hosts/:host">{({ host }) => <HostPage key={host} id={host} />}</Route>
        <Route path="/insights" component={InsightsPage} />
        <Route path="/slower" component={SlowerPage} />
        <Route path="/is-it-us" component={IsItUsPage} />
        <Route path="/is-it-us/:incident">
          {({ incident }) => <IncidentPage key={incident} id={incident} />}
        </Route>
        <Route path="/repairs" component={RepairsPage} />
        <Route path="/set-up" component={SetUpPage} />
        <Route>
          <Page title="No such page">
            <p>
              Nothing stands at this address. Press <kbd>?</kbd> for the pages that there are.
            </p>
          </Page>
        </Route>
      </Switch>
    </Shell>
  );
}

/** How long until a control plane that did not answer is asked again. */
const askAgainMs = 3_000;

/** A cookie cannot be seen from here, so the control plane is asked who one is. Its 401 is heard by `call`. */
function useAskWhoIAm(isUnknown: boolean): Error | undefined {
  const [error, setError] = useState<Error>();
  useEffect(() => {
    if (!isUnknown) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = (): void => {
      call('me').then(credentials.accept, (reason: Error) => {
        setError(reason);
        timer = setTimeout(ask, askAgainMs);
      });
    };
    ask();
    return () => clearTimeout(timer);
  }, [isUnknown]);
  return error;
}
