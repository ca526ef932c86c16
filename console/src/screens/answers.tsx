/** The log of answers: what was shown to whom, and each given again. */
import { useState } from "preact/hooks";
import { ask, every, type Reply } from "../api";
import { useAsked } from "../asking";
import type { Group } from "../group";
import { useNames } from "../names";
import { remember, route, to } from "../router";
import { Card, Choice, Empty, Field, Form, Loading, Note, Problem, Table, When, nameOf } from "../ui";

const DAY = 86_400;
const MOST = 400; // answers that are read

async function sources(group: Group): Promise<string[]> {
  const of = { datasetGroupArn: group.arn };
  const [solutions, recommenders] = await Promise.all([every("ListSolutions", "solutions", of), every("ListRecommenders", "recommenders", of)]);
  const campaigns = await Promise.all(solutions.map((each) => every("ListCampaigns", "campaigns", { solutionArn: String(each["solutionArn"]) })));
  return [...campaigns.flat().map((each) => String(each["campaignArn"])), ...recommenders.map((each) => String(each["recommenderArn"]))];
}

async function answers(source: string): Promise<Reply[]> {
  const since = Math.floor(Date.now() / 1000) - DAY;
  return (await every("GetLoggedAnswers", "answers", { sourceArn: source, since }, MOST)).reverse();
}

export function Answers({ group }: { group: Group }) {
  const { query } = route.value;
  const all = useAsked(`sources ${group.arn}`, () => sources(group));
  const source = query.get("from") ?? all.data?.[0] ?? "";
  const asked = useAsked(source ? `answers ${source}` : null, () => answers(source));
  const [id, setId] = useState(query.get("id") ?? "");
  const shown = (asked.data ?? []).slice(0, 100);
  const names = useNames(source, shown.flatMap((each) => firstOf(each)));
  return (
    <>
      <h1>Answers</h1>
      <Problem error={all.error ?? asked.error} again={asked.again} />
      {(all.loading || asked.loading) && <Loading what="the log" />}
      {all.data && !all.data.length && <Empty title="Nothing has answered yet."><a class="button primary" href={to("g", group.name, "serve")}>Serve a version</a></Empty>}
      {all.data && all.data.length > 0 && (
        <Card>
          <Form onSubmit={() => remember({ id })}>
            <div class="pair">
              <Choice label="Answers of" value={source} onChange={(from) => remember({ from })} options={all.data.map((each) => [each, nameOf(each)])} />
              <Field label="recommendationId" value={id} onChange={setId} placeholder="RID-…" />
            </div>
            <button type="submit" class="primary">Replay it</button> <button type="button" onClick={asked.again}>Read the log again</button>
          </Form>
        </Card>
      )}
      {query.get("id") && <Replay key={query.get("id")} id={query.get("id") ?? ""} />}
      {asked.data && !shown.length && <Empty title="No answer of the last day is in the log."><a class="button primary" href={to("g", group.name, "test", { from: source })}>Ask for one</a></Empty>}
      {shown.length > 0 && <Table caption="Answers of the last day" head={["When", "User", "First items", "Events that name it", ""]} rows={shown.map((each) => [
        <When at={each["time"]} />, String(each["userId"] ?? ""), firstOf(each).map((id) => names.get(id)?.name || id).join(", "),
        String(((each["events"] ?? []) as Reply[]).length), <a href={to("g", group.name, "answers", { from: source, id: String(each["recommendationId"]) })}>Replay</a>,
      ])} />}
    </>
  );
}

/** Return the first items of an answer. */
function firstOf(answer: Reply): string[] {
  return ((answer["items"] ?? []) as Reply[]).slice(0, 3).map((each) => String(each["itemId"]));
}

function Replay({ id }: { id: string }) {
  const asked = useAsked(`replay ${id}`, () => ask("ReplayRecommendation", { recommendationId: id }));
  const answer = asked.data?.["answer"] as Reply | undefined;
  const items = (answer?.["items"] ?? []) as Reply[];
  const again = (asked.data?.["replayed"] ?? []) as Reply[];
  const names = useNames(String(answer?.["sourceArn"] ?? ""), [...items, ...again].map((each) => String(each["itemId"])));
  const show = (item: Reply | undefined) => (item ? <>{names.get(String(item["itemId"]))?.name || String(item["itemId"])} <small>{typeof item["score"] === "number" ? item["score"].toFixed(4) : ""}{item["explored"] ? " · explored" : ""}</small></> : "–");
  return (
    <Card title={`Replay of ${id}`}>
      <Problem error={asked.error} again={asked.again} />
      {asked.loading && <Loading what="the same answer again" />}
      {asked.data && <Note kind={asked.data["identical"] ? "info" : "warn"}>{asked.data["identical"] ? "The same answer, item by item and score by score." : "Not the same answer."}</Note>}
      {((asked.data?.["differences"] ?? []) as string[]).map((text) => <Note key={text} kind="warn">{text}</Note>)}
      {items.length > 0 && <Table caption="The answer and its replay" head={["", "Then", "Again"]} rows={items.map((item, place) => [place + 1, show(item), show(again[place])])} />}
    </Card>
  );
}
