// Drain and resume, each after a question, since jobs of other people are on the host.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ApiHost } from '../../src/wire/api/hosts.ts';
import { call } from '../api/call.ts';
import { useMayOperate } from '../api/sign-in.ts';
import { Confirm } from '../parts/confirm.tsx';

export function OrderButton({ host }: { host: ApiHost }) {
  const mayOperate = useMayOperate();
  const [isAsking, setAsking] = useState(false);
  const [why, setWhy] = useState('');
  const queries = useQueryClient();
  const isHeld = host.hold !== undefined;
  const order = useMutation({
    mutationFn: () =>
      call('orderHost', {
        params: { host: host.id },
        body: { order: isHeld ? 'resume' : 'drain', by: 'dashboard', why },
      }),
    onSuccess: async () => {
      setAsking(false);
      await queries.invalidateQueries();
    },
  });
  if (!mayOperate) return null;
  const word = isHeld ? 'Resume' : 'Drain';
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        {word}
        <span className="unseen"> {host.name}</span>
      </button>
      {isAsking && (
        <Confirm
          title={`${word} ${host.name}?`}
          action={word}
          isBusy={order.isPending}
          error={order.error}
          onConfirm={() => order.mutate()}
          onCancel={() => setAsking(false)}
        >
          {isHeld ? (
            <p>It is given new VMs again.</p>
          ) : (
            <p>It gets no new VMs. The {host.vms === 1 ? 'one' : host.vms} on it run to their end.</p>
          )}
          <label className="field">
            <span>Why, for the host's history (may stay empty)</span>
            <input value={why} maxLength={500} onChange={({ target }) => setWhy(target.value)} />
          </label>
        </Confirm>
      )}
    </>
  );
}
