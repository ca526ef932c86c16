/** Numbers day by day, a row of columns for each series, all on one scale; every number is in a table as well. */
import type { ComponentChildren } from "preact";

export interface Strip {
  label: ComponentChildren;
  values: number[];
  text: ComponentChildren;
}

const GAP = 0.15; // of a column's width, on each side
const LEAST = 0.04; // of the height, so that what there is can be seen

export function Strips({ strips, label, from, to }: { strips: Strip[]; label: string; from: string; to: string }) {
  const most = Math.max(...strips.flatMap((strip) => strip.values), 1e-12);
  return (
    <ul class="strips" aria-label={label}>
      {strips.map((strip, at) => (
        <li key={at}>
          <span class="name">{strip.label}</span>
          <svg viewBox={`0 0 ${strip.values.length} 1`} preserveAspectRatio="none" aria-hidden="true">
            {strip.values.map((value, day) => value > 0 && <rect key={day} x={day + GAP} width={1 - 2 * GAP} y={1 - Math.max(value / most, LEAST)} height={Math.max(value / most, LEAST)} />)}
          </svg>
          <span class="value">{strip.text}</span>
        </li>
      ))}
      <li class="axis" aria-hidden="true"><span class="name" /><span class="ends"><span>{from}</span><span>{to}</span></span><span class="value" /></li>
    </ul>
  );
}
