/** Plots of a few numbers each, in plain boxes and SVG; every number is there as text too. */
import type { ComponentChildren } from "preact";

export interface Bar {
  label: ComponentChildren;
  value: number;
  text: string;
}

export function Bars({ bars, label }: { bars: Bar[]; label: string }) {
  const most = Math.max(...bars.map((bar) => bar.value), 1e-12);
  return (
    <ul class="bars" aria-label={label}>
      {bars.map((bar, at) => (
        <li key={at}>
          <span class="name">{bar.label}</span>
          <span class="track" aria-hidden="true"><span class="fill" style={{ width: `${(bar.value / most) * 100}%` }} /></span>
          <span class="value">{bar.text}</span>
        </li>
      ))}
    </ul>
  );
}

export interface Interval {
  label: string;
  value: number;
  low: number;
  high: number;
  tone: "one" | "other";
}

/** A dot with its 95 % interval, on one scale for all rows; a line where nothing is, if that is inside. */
export function Intervals({ rows, label, digits = 4 }: { rows: Interval[]; label: string; digits?: number }) {
  const low = Math.min(0, ...rows.map((row) => row.low));
  const high = Math.max(...rows.map((row) => row.high), 1e-9);
  const place = (value: number): number => ((value - low) / (high - low)) * 100;
  return (
    <ul class="intervals" aria-label={label}>
      {rows.map((row, at) => (
        <li key={at} class={row.tone}>
          <span class="name">{row.label}</span>
          <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
            <line class="zero" x1={place(0)} x2={place(0)} y1="0" y2="10" vector-effect="non-scaling-stroke" />
            <line class="range" x1={place(row.low)} x2={place(row.high)} y1="5" y2="5" vector-effect="non-scaling-stroke" />
            <line class="dot" x1={place(row.value)} x2={place(row.value)} y1="1" y2="9" vector-effect="non-scaling-stroke" />
          </svg>
          <span class="value">{row.value.toFixed(digits)} <small>{row.low.toFixed(digits)} to {row.high.toFixed(digits)}</small></span>
        </li>
      ))}
    </ul>
  );
}
