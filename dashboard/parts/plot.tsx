// A line plot by uPlot. The canvas is for the eye; what it shows stands beside it as a table, which is the page's to give.

import { useEffect, useRef } from 'react';
import UPlot, { type AlignedData } from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useTheme } from '../shell/theme.ts';

export interface Line {
  label: string;
  values: readonly (number | null)[];
  look: 'strong' | 'muted' | 'dashed';
}

export interface PlotProps {
  /** Said in place of the picture. */
  label: string;
  /** Seconds since 1970, or plain numbers with `isTime` off. */
  xs: readonly number[];
  lines: readonly Line[];
  isTime?: boolean;
  xText?: (x: number) => string;
  xLabel: string;
  yText: (y: number) => string;
  /** On the axis, where it is not the same. */
  yAxisText?: (y: number) => string;
  /** The steps that its axis may have; by itself, none is less than one. */
  ySteps?: readonly number[] | undefined;
  height?: number;
  /** A dot at each value, for few and irregular ones. */
  hasPoints?: boolean;
}

export function Plot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const latest = useRef(props);
  latest.current = props;
  // Drawn anew only when what it shows has changed, not with each tick of the clock.
  const drawn = JSON.stringify([props.xs, props.lines]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme gives the colours, and `drawn` stands for the data
  useEffect(() => {
    const host = place.current;
    if (host === null) return;
    const draw = (): UPlot => new UPlot(optionsOf(latest.current, host), dataOf(latest.current), host);
    let plot = draw();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const redraw = (): void => {
      plot.destroy();
      plot = draw();
    };
    scheme.addEventListener('change', redraw);
    const resize = new ResizeObserver(() =>
      plot.setSize({ width: host.clientWidth, height: latest.current.height ?? 220 }),
    );
    resize.observe(host);
    return () => {
      resize.disconnect();
      scheme.removeEventListener('change', redraw);
      plot.destroy();
    };
  }, [drawn, theme]);
  const name = props.lines.length === 1 ? 'plot of-one' : 'plot';
  return <div className={name} ref={place} role="img" aria-label={props.label} />;
}

/** Between two and three jobs is no mark, and no mark says 3 where it is 2.5. */
export const stepsFrom = (least: number): number[] =>
  Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * least * 10 ** power)).flat();
const wholeSteps = stepsFrom(1);

const dataOf = ({ xs, lines }: PlotProps): AlignedData => [
  [...xs],
  ...lines.map(({ values }) => [...values]),
];

function optionsOf(props: PlotProps, host: HTMLElement): UPlot.Options {
  const colour = colourIn(host);
  const axis = {
    stroke: colour('--muted'),
    font: `12px ${getComputedStyle(host).fontFamily}`,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const { xText, yText, yAxisText = yText, ySteps = wholeSteps } = props;
  return {
    width: host.clientWidth,
    height: props.height ?? 220,
    scales: {
      x: { time: props.isTime ?? true },
      y: { range: (_plot, _low, high) => [0, (high || 1) * 1.1] },
    },
    // Room for half of the last mark of either axis.
    padding: [8, 20, 0, 0],
    axes: [
      { ...axis, size: 28, ...(xText && { values: (_plot, values) => values.map(xText) }) },
      {
        ...axis,
        incrs: [...ySteps],
        // As wide as its longest text.
        size: (_plot, texts) => 16 + 7 * Math.max(4, ...(texts ?? []).map((text) => text.length)),
        values: (_plot, values) => values.map(yAxisText),
      },
    ],
    cursor: { y: false, points: { size: 8, width: 2 } },
    // Strokes as the lines' own; the values stand beside them while a pointer is over the plot.
    legend: {
      live: true,
      markers: {
        fill: () => 'transparent',
        // Of a box without height: its upper and its lower edge.
        width: () => 1,
        dash: (_plot, index) => (props.lines[index - 1]?.look === 'dashed' ? 'dashed' : 'solid'),
      },
    },
    tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    series: [
      {
        label: props.xLabel,
        ...(xText && { value: (_plot, value) => (value === null ? '' : xText(value)) }),
      },
      ...props.lines.map(({ label, look }) => ({
        label,
        stroke: colour(look === 'strong' ? '--text' : '--line-strong'),
        width: look === 'strong' ? 2 : 1.5,
        ...(look === 'dashed' ? { dash: [4, 4] } : {}),
        points: { show: props.hasPoints === true, size: 6, fill: colour('--surface') },
        spanGaps: true,
        value: (_plot: UPlot, value: number | null) => (value === null ? '' : yText(value)),
      })),
    ],
  };
}

/** A canvas knows no variables and no light-dark(), so the browser is asked what they come to. */
function colourIn(host: HTMLElement): (name: string) => string {
  return (name) => {
    const probe = document.createElement('span');
    probe.style.color = `var(${name})`;
    host.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}
