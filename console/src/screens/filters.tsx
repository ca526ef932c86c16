/** Filters: write one, and see on real items what each clause keeps. */
import { useState } from "preact/hooks";
import { ask, call, every, type Reply } from "../api";
import { underWay, useAsked } from "../asking";
import { Bars } from "../charts";
import { useDraft } from "../drafts";
import { newestFirst, type Group } from "../group";
import { Plan } from "../plan";
import { remember, route } from "../router";
import { parametersOf, ruleMembers } from "../rules";
import { Card, Empty, Field, Form, Loading, Note, Problem, Status, count } from "../ui";

const EXAMPLES: [string, string][] = [
  ["Not what was had already", 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'],
  ["Only of a kind that is asked for", "INCLUDE ItemID WHERE Items.GENRES IN ($GENRE)"],
  ["Only newer ones", "INCLUDE ItemID WHERE Items.YEAR >= 2000"],
];

async function filters(group: Group): Promise<Reply[]> {
  const all = await every("ListFilters", "Filters", { datasetGroupArn: group.arn });
  const described = await Promise.all(all.map((each) => ask("DescribeFilter", { filterArn: String(each["filterArn"]) })));
  return newestFirst(described.map((each) => each["filter"] as Reply));
}

export function Filters({ group }: { group: Group }) {
  const asked = useAsked(`filters ${group.arn}`, () => filters(group), (all) => all.some((each) => underWay(each["status"])));
  const [name, setName] = useDraft("name", "");
  const [text, setText] = useDraft("text", "");
  return (
    <>
      <h1>Filters</h1>
      <Problem error={asked.error} again={asked.again} />
      {asked.loading && <Loading what="the filters" />}
      <Card title="New filter">
        {asked.data && !asked.data.length && <Empty title="A filter says what may be in a list, or may not. Begin with one of these:"><p class="chips">{EXAMPLES.map(([label, expression]) => <button type="button" class="small" key={label} onClick={() => { setText(expression); setName(name || "first"); }}>{label}</button>)}</p></Empty>}
        <Form onSubmit={() => undefined}>
          <Field label="Name" value={name} onChange={setName} required />
          <Field label="Expression" rows={3} value={text} onChange={setText} hint="INCLUDE or EXCLUDE ItemID WHERE Items.COLUMN ..., Interactions.EVENT_TYPE ... IF CurrentUser.COLUMN ...; $NAME is a parameter; docs/filters.md" />
          <Plan label="Create it" disabled={!name || !text} onDone={() => { setText(""); setName(""); asked.again(); }} steps={[{ title: "Filter", operation: "CreateFilter", members: { name, datasetGroupArn: group.arn, filterExpression: text } }]} />
        </Form>
      </Card>
      {asked.data?.map((each) => (
        <Card key={String(each["filterArn"])} title={String(each["name"])} side={<Status status={each["status"]} />}>
          <pre tabIndex={0}>{String(each["filterExpression"])}</pre>
          {each["failureReason"] && <Note kind="warn">{String(each["failureReason"])}</Note>}
          {each["status"] === "ACTIVE" && <DryRun filter={each} />}
          <details class="same"><summary>Delete it</summary><Form onSubmit={() => undefined}><Plan danger label="Delete it" onDone={asked.again} steps={[{ title: "Delete", operation: "DeleteFilter", members: { filterArn: String(each["filterArn"]) } }]} /></Form></details>
        </Card>
      ))}
    </>
  );
}

function DryRun({ filter }: { filter: Reply }) {
  const { query } = route.value;
  const [values, setValues] = useDraft<Record<string, string>>(`values ${String(filter["filterArn"])}`, {});
  const [open] = useState(() => Object.values(values).some(Boolean));
  const [result, setResult] = useState<Reply | null>(null);
  const [error, setError] = useState<unknown>(null);
  const run = async (): Promise<void> => {
    const user = query.get("user");
    const item = query.get("item");
    try {
      setResult((await call("ExplainFilter", { ...ruleMembers(filter, (name) => values[name] ?? ""), ...(user ? { userId: user } : {}), ...(item ? { itemId: item } : {}) })).reply);
      setError(null);
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <details class="same" open={open}>
      <summary>Dry run: what would pass</summary>
      <Form onSubmit={() => void run()}>
        <div class="pair">
          <Field label="User" value={query.get("user") ?? ""} onChange={(user) => remember({ user })} />
          <Field label="Why not this item?" value={query.get("item") ?? ""} onChange={(item) => remember({ item })} />
          {parametersOf(filter).map((name) => <Field key={name} label={`$${name}`} value={values[name] ?? ""} onChange={(value) => setValues({ ...values, [name]: value })} />)}
        </div>
        <button type="submit" class="primary">Run</button>
      </Form>
      <Problem error={error} />
      {result && !error && <Explained of={result} />}
    </details>
  );
}

export function Explained({ of }: { of: Reply }) {
  const item = of["item"] as Reply | undefined;
  return (
    <>
      <p><strong>{count(of["passing"])}</strong> of {count(of["items"])} items pass.</p>
      {item && <Note kind={item["passes"] ? "info" : "warn"}>{String(item["itemId"])} {item["known"] ? "" : "is not known, and "}{item["passes"] ? "passes." : "does not pass."}{item["excludedByUseCase"] ? " The use case keeps it out." : ""}</Note>}
      {((of["warnings"] ?? []) as string[]).map((text) => <Note key={text} kind="warn">{text}</Note>)}
      {((of["notApplied"] ?? []) as string[]).map((text) => <Note key={text}>Left out for want of a value: <code>{text}</code></Note>)}
      {(of["expressions"] as Reply[]).map((expression, at) => (
        <div key={at}>
          <h3>{String(expression["effect"])} · {count(expression["items"])} items{expression["applies"] ? "" : " · does not apply to this user"}</h3>
          {(expression["alternatives"] as Reply[]).map((each, place) => (
            <Bars key={place} label="Items that meet each condition" bars={(each["conditions"] as Reply[]).map((condition) => ({
              label: <code>{String(condition["condition"])}</code>, value: Number(condition["items"] ?? 0),
              text: `${count(condition["items"])}${condition["holds"] === undefined ? "" : condition["holds"] ? " · holds" : " · does not hold"}${condition["values"] ? ` (${(condition["values"] as string[]).join(", ")})` : ""}`,
            }))} />
          ))}
        </div>
      ))}
    </>
  );
}
