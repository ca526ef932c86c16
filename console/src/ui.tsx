/** The small parts of all screens. Everything that comes from data is text: nothing here writes HTML. */
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { Refusal } from "./api";
import { asBoto3, asCli, type Act } from "./code";
import { connection } from "./connection";

type Children = { children?: ComponentChildren };

export function Card({ title, side, children, level = 2 }: { title?: ComponentChildren; side?: ComponentChildren; level?: 2 | 3 } & Children) {
  const Heading = `h${level}` as "h2";
  return (
    <section class="card">
      {title !== undefined && <header><Heading>{title}</Heading>{side && <div class="side">{side}</div>}</header>}
      {children}
    </section>
  );
}

const MARKS: [RegExp, string, string][] = [
  [/FAILED/, "bad", "✕"],
  [/STOPPED|INACTIVE/, "off", "◼"],
  [/PENDING|IN_PROGRESS|STOPPING|DELETING/, "busy", "◐"],
  [/ACTIVE|COMPLETED/, "good", "✓"],
];

export function Status({ status }: { status: unknown }) {
  const text = String(status ?? "");
  const [, kind, mark] = MARKS.find(([words]) => words.test(text)) ?? [/./, "off", "·"];
  return <span class={`status ${kind}`}><span aria-hidden="true">{mark}</span> {text.toLowerCase().replace(/_/g, " ")}</span>;
}

export function Problem({ error, again }: { error: unknown; again?: () => void }) {
  if (!error) return null;
  const refusal = error instanceof Refusal ? error : null;
  return (
    <div class="problem" role="alert">
      <strong>{refusal ? refusal.code : "Error"}</strong>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      {refusal && <p class="advice">{refusal.advice} {refusal.status === 403 && !connection.value.local && <a href="#/settings">Settings</a>}</p>}
      {again && <button type="button" onClick={again}>Try again</button>}
    </div>
  );
}

export function Note({ kind = "info", children }: { kind?: "info" | "warn" } & Children) {
  return <div class={`note ${kind}`}>{children}</div>;
}

export function Loading({ what }: { what: string }) {
  return <p class="loading" role="status">Loading {what} …</p>;
}

export function Empty({ title, children }: { title: string } & Children) {
  return <div class="empty"><p class="lead">{title}</p>{children}</div>;
}

export function Progress({ share, text }: { share: number; text: string }) {
  const percent = Math.round(share * 100);
  return (
    <div class="progress">
      <progress max={100} value={percent} aria-label={text || "progress"} />
      <span>{percent} % {text}</span>
    </div>
  );
}

/** Read the header that tells how far work has come: `0.25;learning`. */
export function progressOf(headers: Headers): { share: number; text: string } | null {
  const [share, ...text] = (headers.get("x-tastemaker-progress") ?? "").split(";");
  return share ? { share: Number(share), text: text.join(";") } : null;
}

/** Read a header that holds JSON. */
export function noteOf<T>(headers: Headers, name: string): T | null {
  try {
    return JSON.parse(headers.get(`x-tastemaker-${name}`) ?? "null") as T | null;
  } catch {
    return null;
  }
}

export function Table({ head, rows, caption }: { head: ComponentChildren[]; rows: ComponentChildren[][]; caption: string }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead><tr>{head.map((cell, at) => (cell ? <th key={at} scope="col">{cell}</th> : <td key={at} />))}</tr></thead>
        <tbody>{rows.map((row, at) => <tr key={at}>{row.map((cell, place) => <td key={place}>{cell}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  value: string;
  onChange: (value: string) => void;
}

export function Field({ label, hint, value, onChange, rows, ...more }: FieldProps & { rows?: number; type?: string; required?: boolean; list?: string; placeholder?: string; autocomplete?: string; min?: string; max?: string; step?: string }) {
  const id = useId();
  const about = hint ? `${id}-hint` : undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {rows
        ? <textarea id={id} rows={rows} value={value} aria-describedby={about} spellcheck={false} onInput={(event) => onChange(event.currentTarget.value)} />
        : <input id={id} value={value} aria-describedby={about} spellcheck={false} {...(more as object)} onInput={(event) => onChange(event.currentTarget.value)} />}
      {hint && <p class="hint" id={about}>{hint}</p>}
    </div>
  );
}

export function Choice({ label, hint, value, onChange, options }: FieldProps & { options: [string, string][] }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} aria-describedby={hint ? `${id}-hint` : undefined} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
      </select>
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

export function Tick({ label, hint, value, onChange }: { label: string; hint?: string; value: boolean; onChange: (value: boolean) => void }) {
  return (
    <label class="tick">
      <input type="checkbox" checked={value} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{label}{hint && <span class="hint"> {hint}</span>}</span>
    </label>
  );
}

export function Form({ onSubmit, children }: { onSubmit: () => void } & Children) {
  const submit = (event: Event): void => {
    event.preventDefault();
    onSubmit();
  };
  return <form onSubmit={submit}>{children}</form>;
}

export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, setDone] = useState("");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setDone("Copied");
    } catch {
      setDone("Select the text and copy it");
    }
    setTimeout(() => setDone(""), 2000);
  };
  return <button type="button" class="small" onClick={() => void copy()}><span role="status">{done || label}</span></button>;
}

export function Code({ text, label }: { text: string; label: string }) {
  return <div class="code"><div class="bar"><span>{label}</span><Copy text={text} /></div><pre tabIndex={0}>{text}</pre></div>;
}

/** The same steps as code. */
export function Same({ acts }: { acts: Act[] }) {
  const [kind, setKind] = useState<"boto3" | "cli">("boto3");
  if (!acts.length) return null;
  return (
    <details class="same">
      <summary>The same with boto3 or the AWS CLI</summary>
      <div class="tabs">
        <button type="button" aria-pressed={kind === "boto3"} onClick={() => setKind("boto3")}>boto3</button>
        <button type="button" aria-pressed={kind === "cli"} onClick={() => setKind("cli")}>AWS CLI</button>
      </div>
      <Code label={kind === "boto3" ? "Python" : "Shell"} text={kind === "boto3" ? asBoto3(acts) : asCli(acts)} />
    </details>
  );
}

export function Facts({ of }: { of: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {of.filter(([, value]) => value !== undefined && value !== null && value !== "").map(([name, value]) => (
        <div key={name} class={name === "ARN" ? "wide" : undefined}><dt>{name}</dt><dd>{value}</dd></div>
      ))}
    </dl>
  );
}

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const NUMBER = new Intl.NumberFormat("en-US");

/** A moment of a reply: seconds since 1970. */
export function When({ at }: { at: unknown }) {
  if (typeof at !== "number" && typeof at !== "string") return null;
  const date = new Date(typeof at === "number" ? at * 1000 : at);
  return Number.isNaN(date.getTime()) ? null : <time dateTime={date.toISOString()}>{MOMENT.format(date)}</time>;
}

export function count(value: unknown): string {
  return typeof value === "number" ? NUMBER.format(value) : "–";
}

export function percent(value: unknown, digits = 0): string {
  return typeof value === "number" ? `${(value * 100).toFixed(digits)} %` : "–";
}

export function nameOf(arn: unknown): string {
  return String(arn ?? "").split("/").slice(1).join("/") || String(arn ?? "");
}
