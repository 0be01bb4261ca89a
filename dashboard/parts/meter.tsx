/** How much of something is used. The figures stand beside it, so it is for the eye alone. */
export function Meter({ used, of }: { used: number; of: number }) {
  const share = of === 0 ? 0 : Math.min(1, used / of);
  return (
    <span className={share >= 0.95 ? 'meter full' : 'meter'} aria-hidden="true">
      <span style={{ width: `${Math.round(share * 100)}%` }} />
    </span>
  );
}
