/** Steps that one button does in their order, each waited for, each also as code. What fails can be tried again. */
import { useEffect, useState } from "preact/hooks";
import { call, makeBucket, putObject, type Members, type Reply } from "./api";
import { underWay } from "./asking";
import { BUCKET, UPLOAD, pruned } from "./code";
import { Problem, Same } from "./ui";

export interface Step {
  title: string;
  operation: string;
  members: Members;
  body?: Blob;
  /** What is uploaded, where it was typed. */
  text?: string;
  /** The operation that says when it is done, its members, and the member of its reply that has the status. */
  until?: [operation: string, members: Members, member: string];
  /** One that is there already will do. */
  reuses?: boolean;
}

type State = "waiting" | "running" | "done" | "failed";
const MARKS: Record<State, string> = { waiting: "○", running: "◐", done: "✓", failed: "✕" };
const PACE = 700; // ms

export function Plan({ steps, label, onDone, disabled = false, danger = false }: {
  steps: Step[]; label: string; onDone?: (replies: Reply[]) => void; disabled?: boolean; danger?: boolean;
}) {
  const [states, setStates] = useState<State[]>([]);
  const [error, setError] = useState<unknown>(null);
  const running = states.includes("running");
  const wanted = JSON.stringify(steps.map((step) => step.members));
  // What was done of other steps says nothing of these.
  useEffect(() => {
    if (!running) setStates([]);
  }, [wanted]);
  // Another screen lets the steps go on; a reload would end them.
  useEffect(() => {
    if (!running) return undefined;
    const warn = (event: Event): void => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [running]);
  const run = async (): Promise<void> => {
    setError(null);
    const replies: Reply[] = [];
    const now: State[] = steps.map((_, at) => (states[at] === "done" && states.includes("failed") ? "done" : "waiting"));
    for (const [at, step] of steps.entries()) {
      if (now[at] === "done") continue;
      now[at] = "running";
      setStates([...now]);
      try {
        replies.push(await perform(step));
        now[at] = "done";
      } catch (problem) {
        now[at] = "failed";
        setStates([...now]);
        setError(problem);
        return;
      }
    }
    setStates([]);
    onDone?.(replies);
  };
  return (
    <div class="plan">
      {steps.length > 1 && states.length > 0 && (
        <ol class="steps" aria-live="polite">
          {steps.map((step, at) => <li key={at} class={states[at]}><span aria-hidden="true">{MARKS[states[at] ?? "waiting"]}</span> {step.title} <span class="hidden">{states[at]}</span></li>)}
        </ol>
      )}
      <Problem error={error} />
      <button type="submit" class={danger ? "danger" : "primary"} disabled={disabled || running} onClick={(event) => { if (event.currentTarget.form?.reportValidity() === false) return; event.preventDefault(); void run(); }}>
        {running ? "Working …" : error ? "Try again" : label}
      </button>
      <Same acts={steps.map(({ operation, members, body, text, until }) => ({ operation, members, file: body instanceof File ? body.name : undefined, text, until }))} />
    </div>
  );
}

async function perform(step: Step): Promise<Reply> {
  const { Bucket, Key } = step.members as { Bucket?: string; Key?: string };
  if (step.operation === BUCKET) {
    await makeBucket(String(Bucket));
    return {};
  }
  if (step.operation === UPLOAD) {
    await putObject(String(Bucket), String(Key), step.body ?? new Blob([step.text ?? ""]));
    return {};
  }
  const reply = await created(step);
  if (step.until) await ended(step.until);
  return reply;
}

async function created(step: Step): Promise<Reply> {
  try {
    return (await call(step.operation, pruned(step.members) as Members)).reply;
  } catch (problem) {
    if (step.reuses && (problem as { code?: string }).code === "ResourceAlreadyExistsException") return {};
    throw problem;
  }
}

async function ended([operation, members, member]: NonNullable<Step["until"]>): Promise<void> {
  for (;;) {
    const { reply } = await call(operation, members);
    const resource = reply[member] as Reply;
    const status = String(resource["status"]);
    if (status.includes("FAILED")) throw new Error(String(resource["failureReason"] ?? `It ended as ${status}.`));
    if (!underWay(status)) return;
    await new Promise((resolve) => setTimeout(resolve, PACE));
  }
}
