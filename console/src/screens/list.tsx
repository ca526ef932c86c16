/** One list of an answer: places, names, scores, reasons, and how it moved since it was asked last. */
import { useEffect, useState } from "preact/hooks";
import { call, type Members, type Reply } from "../api";
import type { Group } from "../group";
import { useNames, type Known } from "../names";
import { to } from "../router";
import { Card, Problem, Same } from "../ui";

export interface Source {
  arn: string;
  name: string;
  recipe: string;
  member: "campaignArn" | "recommenderArn";
}

export interface Question {
  user: string;
  item: string;
  members: Members;
  why: boolean;
  inputs: string[];
}

interface Answer {
  key: string;
  items: Reply[];
  id: string;
  took: number;
  before: string[] | null;
}

interface Acting {
  type: string;
  send: (itemId: string, recommendationId: string) => Promise<void>;
}

export function List({ source, question, turn, act, group, title }: { group?: Group; title?: string; source: Source; question: Question; turn: number | string; act: Acting | null }) {
  const asking = askingOf(source, question);
  const key = JSON.stringify([asking, question.why]);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [unsent, setUnsent] = useState<unknown>(null);
  useEffect(() => {
    if (!asking) return undefined;
    let over = false;
    const begin = performance.now();
    call(asking.operation, asking.members, question.why ? { "x-tastemaker-reasons": "true" } : {}).then(
      ({ reply }) => {
        if (over) return;
        const items = (reply["itemList"] ?? reply["personalizedRanking"] ?? reply["actionList"] ?? []) as Reply[];
        setError(null);
        setAnswer((last) => ({
          key, items, id: String(reply["recommendationId"]), took: performance.now() - begin,
          before: last?.key === key ? last.items.map(idOf) : null,
        }));
      },
      (problem: unknown) => { if (!over) setError(problem); },
    );
    return () => {
      over = true;
    };
  }, [key, turn]);
  const current = answer?.key === key ? answer : null;
  const names = useNames(source.recipe.includes("next-best-action") ? "" : source.arn, (current?.items ?? []).flatMap((each) => [idOf(each), ...reasonIds(each)]));
  const most = Math.max(...(current?.items ?? []).map((each) => Number(each["score"] ?? 0)), 0);
  return (
    <Card title={title ?? source.name} side={<small>{title && `${source.name}, `}{source.recipe}{current && ` · ${current.took.toFixed(0)} ms`}</small>}>
      {!asking && <p class="hint">{wish(source, question)}</p>}
      <Problem error={error ?? unsent} />
      {asking && current && !current.items.length && <p>The list is empty: no item passes.</p>}
      <ol class="list" aria-live="polite">
        {asking && !error && current?.items.map((item, place) => <Item key={idOf(item)} of={item} place={place} before={current.before} names={names} most={most} act={act} answer={current.id} onFail={setUnsent} link={group && !source.recipe.includes("next-best-action") ? to("g", group.name, "item", { item: idOf(item), from: source.arn }) : ""} />)}
      </ol>
      {current && asking && <p class="hint">recommendationId <code>{current.id}</code></p>}
      {asking && <Same acts={[asking]} />}
    </Card>
  );
}

const REASON = /^(History|Item) (\d+)% (.+)$/;
const TOLD = 3; // reasons of an item; all of them are in its title

/** Return the items that an item is there because of. */
function reasonIds(item: Reply): string[] {
  return ((item["reason"] ?? []) as string[]).flatMap((text) => REASON.exec(text)?.[3] ?? []);
}

function reasonOf(text: string, names: Map<string, Known>): string {
  const [, kind, share, id = ""] = REASON.exec(text) ?? [];
  return share ? `${kind === "Item" ? "goes with" : "after"} ${names.get(id)?.name || id} ${share}\u00a0%` : text.replace("%", "\u00a0%");
}

function idOf(item: Reply): string {
  return String(item["itemId"] ?? item["actionId"]);
}

function askingOf(source: Source, { user, item, members, inputs }: Question): { operation: string; members: Members } | null {
  const of = { [source.member]: source.arn };
  const { numResults, promotions, ...rest } = members;
  if (source.recipe.includes("next-best-action")) {
    return user ? { operation: "GetActionRecommendations", members: { ...of, userId: user, numResults } } : null;
  }
  if (source.recipe.includes("personalized-ranking")) {
    return user && inputs.length ? { operation: "GetPersonalizedRanking", members: { ...of, userId: user, inputList: inputs, ...rest } } : null;
  }
  if (!user && !item) return null;
  return { operation: "GetRecommendations", members: { ...of, ...(user ? { userId: user } : {}), ...(item ? { itemId: item } : {}), numResults, ...rest, ...(promotions ? { promotions } : {}) } };
}

function wish(source: Source, { user }: Question): string {
  if (source.recipe.includes("personalized-ranking")) return "This recipe ranks your own list: choose a user and name the items to rank.";
  return user ? "Choose an item." : "Choose a user, or an item for what goes with it.";
}

function Item({ of, place, before, names, most, act, answer, link, onFail }: { link: string; onFail: (problem: unknown) => void; of: Reply; place: number; before: string[] | null; names: Map<string, Known>; most: number; act: Acting | null; answer: string }) {
  const id = idOf(of);
  const known = names.get(id);
  const score = typeof of["score"] === "number" ? of["score"] : null;
  // Of a promoted item that is all of its reason, and it is marked.
  const reasons = of["promotionName"] ? [] : ((of["reason"] ?? []) as string[]);
  const facts = Object.entries(known?.metadata ?? {}).filter(([, value]) => value && value !== known?.name).slice(0, 3);
  return (
    <li>
      <span class="place">{place + 1}<Move id={id} place={place} before={before} /></span>
      <span class="what">
        <strong>{link ? <a href={link}>{known?.name || id}</a> : known?.name || id}</strong>{known?.name && <code>{id}</code>}
        {of["promotionName"] && <small class="promoted">promoted</small>}
        {facts.length > 0 && <small>{facts.map(([, value]) => value).join(" · ")}</small>}
        {reasons.length > 0 && <small class="reasons" title={reasons.join("\n")}>{reasons.slice(0, TOLD).map((text) => reasonOf(text, names)).join(" · ")}</small>}
      </span>
      {score !== null && <span class="score"><span class="track" aria-hidden="true"><span class="fill" style={{ width: `${most > 0 ? (score / most) * 100 : 0}%` }} /></span>{score.toFixed(4)}</span>}
      {act && <Send id={id} answer={answer} name={known?.name || id} act={act} onFail={onFail} />}
    </li>
  );
}

function Move({ id, place, before }: { id: string; place: number; before: string[] | null }) {
  if (!before) return null;
  const last = before.indexOf(id);
  if (last < 0) return <span class="move new">new</span>;
  if (last === place) return null;
  return <span class={last > place ? "move up" : "move down"}>{last > place ? "▲" : "▼"}{Math.abs(last - place)}<span class="hidden"> places {last > place ? "up" : "down"}</span></span>;
}

function Send({ id, answer, name, act, onFail }: { onFail: (problem: unknown) => void; id: string; answer: string; name: string; act: Acting }) {
  const [state, setState] = useState("");
  const send = async (): Promise<void> => {
    setState("…");
    try {
      await act.send(id, answer);
      onFail(null);
      setState("");
    } catch (problem) {
      onFail(problem);
      setState("again");
    }
  };
  return <button type="button" class="small" aria-label={`Send ${act.type} of ${name}${state === "again" ? " again" : ""}`} onClick={() => void send()}>{state || act.type}</button>;
}
