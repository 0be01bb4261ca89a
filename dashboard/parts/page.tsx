import { type ReactNode, useEffect } from 'react';

export function Page({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Bellows`;
  }, [title]);
  return (
    <>
      <div className="page-head">
        <h1>{title}</h1>
        {aside !== undefined && <div className="aside">{aside}</div>}
      </div>
      {children}
    </>
  );
}
