// Times as people read them: how long, and how long ago. The clock is the control plane's, as its answers tell it, since
// the one of this machine may be wrong.

import { useEffect, useState } from 'react';

export const durationText = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (seconds < 60) return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${pad(minutes % 60)} min` : `${Math.floor(hours / 24)} days`;
};

const pad = (n: number): string => String(n).padStart(2, '0');

/** The control plane's time now: `told` is what it said, at `heardAt` of this machine's clock. Ticks once a second. */
export function useNow(told: string | undefined, heardAt: number): number {
  const [here, setHere] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setHere(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return told === undefined ? here : Date.parse(told) + Math.max(0, here - heardAt);
}

const exactly = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hour12: false });

export function Since({ time, now }: { time: string; now: number }) {
  const ms = now - Date.parse(time);
  return (
    <time dateTime={time} title={exactly.format(new Date(time))} className="nowrap">
      {ms < 10_000 ? `${Math.max(0, Math.floor(ms / 1000))} s` : durationText(ms)}
    </time>
  );
}

/** How long ago something was is asked for by the eye in passing: one unit does. */
const roughly = (ms: number): string => {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
};

export function Ago({ time, now }: { time: string; now: number }) {
  const ms = Math.max(0, now - Date.parse(time));
  return (
    <time dateTime={time} title={exactly.format(new Date(time))} className="nowrap">
      {ms < 5_000 ? 'just now' : `${roughly(ms)} ago`}
    </time>
  );
}

export function ClockTime({ time }: { time: string }) {
  return (
    <time dateTime={time} title={exactly.format(new Date(time))}>
      {clock.format(new Date(time))}
    </time>
  );
}

const dayAndTime = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
});

/** The day and the time of it, for what may be long ago. */
export function Moment({ time }: { time: string }) {
  return (
    <time dateTime={time} title={exactly.format(new Date(time))} className="nowrap">
      {dayAndTime.format(new Date(time))}
    </time>
  );
}
