// The two things that one sets up: the GitHub App, which is checked, and hosts, which are enrolled.

import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Finding } from '../../src/wire/api/system.ts';
import { call } from '../api/call.ts';
import { Refusal } from '../parts/answered.tsx';
import { Command } from '../parts/command.tsx';
import { Page } from '../parts/page.tsx';
import { StateMark } from '../parts/state-mark.tsx';

export function SetUpPage() {
  return (
    <Page title="Set up">
      <div className="steps">
        <EnrolHost />
        <CheckGithub />
      </div>
    </Page>
  );
}

function EnrolHost() {
  const [name, setName] = useState('');
  const [owners, setOwners] = useState('');
  const make = useMutation({
    mutationFn: () =>
      call('makeEnrolToken', {
        body: { name: name.trim(), owners: owners.split(/[\s,]+/).filter((owner) => owner !== '') },
      }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <section className="panel" aria-labelledby="enrol">
      <h2 id="enrol">Enrol a host</h2>
      <form className="form" onSubmit={submit}>
        <p>
          A Linux server with KVM, or without it for a try. Make a token here, and run one command on the
          server.
        </p>
        <label className="field">
          <span>What the host shall be called (its own name when empty)</span>
          <input value={name} maxLength={63} data-search onChange={({ target }) => setName(target.value)} />
        </label>
        <label className="field">
          <span>Accounts that may use it, with commas between (all when empty)</span>
          <input value={owners} onChange={({ target }) => setOwners(target.value)} />
        </label>
        <div className="buttons">
          <button type="submit" className="main" disabled={make.isPending}>
            Make an enrolment token
          </button>
        </div>
      </form>
      {make.error !== null && <Refusal error={make.error} />}
      {make.data !== undefined && <Enrolment token={make.data.token} expiresAt={make.data.expiresAt} />}
    </section>
  );
}

function Enrolment({ token, expiresAt }: { token: string; expiresAt: string }) {
  const until = new Intl.DateTimeFormat(undefined, { timeStyle: 'short', hour12: false }).format(
    new Date(expiresAt),
  );
  return (
    <div className="form" role="status">
      <h3>On the server, as root</h3>
      <Command text={`echo ${token} | bellows agent install --server ${location.origin} --token-file -`} />
      <p className="muted small">
        The token is good once, until {until}, and is not shown again. The host appears under Hosts within
        seconds.
      </p>
    </div>
  );
}

function CheckGithub() {
  const check = useMutation({ mutationFn: () => call('checkGithub') });
  return (
    <section className="panel" aria-labelledby="check">
      <h2 id="check">Check the GitHub App</h2>
      <div className="form">
        <p>Looks at the App as GitHub sees it, and waits for a webhook to arrive. It takes some seconds.</p>
        <div className="buttons">
          <button type="button" disabled={check.isPending} onClick={() => check.mutate()}>
            {check.isPending ? 'Checking…' : 'Check now'}
          </button>
        </div>
        {check.error !== null && <Refusal error={check.error} />}
        <div role="status">{check.data !== undefined && <Findings findings={check.data.findings} />}</div>
      </div>
    </section>
  );
}

const looks = {
  ok: <StateMark shape="tick" tone="calm" word="Good" />,
  warning: <StateMark shape="dash" tone="warn" word="Warning" />,
  failure: <StateMark shape="cross" tone="bad" word="Wrong" />,
} as const;

function Findings({ findings }: { findings: readonly Finding[] }) {
  return (
    <ul className="findings">
      {findings.map((finding) => (
        <li key={`${finding.check} ${finding.subject}`}>
          {looks[finding.result]}
          <div>
            <strong>{finding.check}</strong>{' '}
            {finding.subject !== '' && <span className="chip">{finding.subject}</span>}
            <p>{finding.meaning}</p>
            {finding.mend !== '' && <p>{finding.mend}</p>}
          </div>
        </li>
      ))}
    </ul>
  );
}
