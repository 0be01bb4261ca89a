import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Route, Switch } from 'wouter';
import { useLive } from './api/live.ts';
import { useSignIn } from './api/sign-in.ts';
import { HostPage } from './pages/host.tsx';
import { HostsPage } from './pages/hosts.tsx';
import { InsightsPage } from './pages/insights.tsx';
import { JobPage } from './pages/job.tsx';
import { QueuePage } from './pages/queue.tsx';
import { RepairsPage } from './pages/repairs.tsx';
import { SetUpPage } from './pages/set-up.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { SlowerPage } from './pages/slower.tsx';
import { TodayPage } from './pages/today.tsx';
import { Page } from './parts/page.tsx';
import { Shell } from './shell/shell.tsx';

export function App() {
  const state = useSignIn();
  const queries = useQueryClient();
  useLive(queries, state === 'in');
  // What one person saw is not there for the next one at this screen.
  useEffect(() => {
    if (state !== 'in') queries.clear();
  }, [state, queries]);
  if (state !== 'in') return <SignInPage wasRefused={state === 'refused'} />;
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
