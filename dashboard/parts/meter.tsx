interface MeterProps {
  used: number;
  of: number;
  warnsWhenFull?: boolean;
}

/** How much of something is used. The figures stand beside it, so it is for the eye alone. */
export function Meter({ used, of, warnsWhenFull = false }: MeterProps) {
  const share = of === 0 ? 0 : Math.min(1, used / of);
  return (
    <span className={warnsWhenFull && share >= 0.95 ? 'meter full' : 'meter'} aria-hidden="true">
      <span style={{ width: `${Math.round(share * 100)}%` }} />
    </span>
  );
}
