// How a job, a VM or a host is: a shape and a word, and a colour only where somebody should look.

export type Tone = 'calm' | 'live' | 'bad' | 'warn';
export type Shape = 'ring' | 'turning' | 'tick' | 'cross' | 'bar' | 'dash' | 'dot';

const shapes: Readonly<Record<Shape, React.ReactNode>> = {
  ring: <circle cx="8" cy="8" r="5" />,
  turning: (
    <g className="turn">
      <circle cx="8" cy="8" r="5" opacity="0.35" />
      <path d="M8 3a5 5 0 0 1 5 5" />
    </g>
  ),
  tick: <path d="m3.5 8.5 3 3 6-7" />,
  cross: <path d="m4 4 8 8m0-8-8 8" />,
  bar: <path d="M4.5 11.5 11.5 4.5M13 8A5 5 0 1 1 3 8a5 5 0 0 1 10 0" />,
  dash: <path d="M4 8h8" />,
  dot: <circle cx="8" cy="8" r="3.5" fill="currentColor" />,
};

export function StateMark({ shape, tone, word }: { shape: Shape; tone: Tone; word: string }) {
  return (
    <span className={`state ${tone}`}>
      <svg
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        {shapes[shape]}
      </svg>
      {word}
    </span>
  );
}
