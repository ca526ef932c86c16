/** The test panel: a user's history beside what is recommended, and what an event changes. */
import { useState } from "preact/hooks";
import { ask, every, type Reply } from "../api";
import { underWay, useAsked } from "../asking";
import type { Group } from "../group";
import { remember, route, to } from "../router";
import { Card, Choice, Empty, Field, Form, Loading, Problem, Tick, nameOf } from "../ui";
import { Context, Parameters, Promotion, columnsOf, membersOf, type Column } from "./asked";
import { History } from "./history";
import { List, type Source } from "./list";

const COUNTS = ["10", "25", "50"];

interface Setting {
  sources: Source[];
  filters: Reply[];
  trackingId: string;
  types: string[];
  columns: Column[];
  /** There is more to come. */
  pending: boolean;
}

async function setting(group: Group): Promise<Setting> {
  const of = { datasetGroupArn: group.arn };
  const [solutions, recommenders, filters, trackers, insights] = await Promise.all([
    every("ListSolutions", "solutions", of), every("ListRecommenders", "recommenders", of), every("ListFilters", "Filters", of),
    every("ListEventTrackers", "eventTrackers", of), ask("GetDataInsights", of).catch((): Reply => ({})),
  ]);
  const campaigns = (await Promise.all(solutions.map(async (solution) => {
    const list = await every("ListCampaigns", "campaigns", { solutionArn: String(solution["solutionArn"]) });
    const active = list.filter((each) => each["status"] === "ACTIVE");
    return Promise.all(active.map((each) => campaignOf(String(each["campaignArn"]), nameOf(solution["recipeArn"]))));
  }))).flat();
  const uses = recommenders.filter((each) => each["status"] === "ACTIVE").map((each): Source => ({
    arn: String(each["recommenderArn"]), name: String(each["name"]), recipe: nameOf(each["recipeArn"]), member: "recommenderArn",
  }));
  const active = trackers.find((each) => each["status"] === "ACTIVE");
  const tracker = active && (await ask("DescribeEventTracker", { eventTrackerArn: String(active["eventTrackerArn"]) }));
  const described = await Promise.all(filters.filter((each) => each["status"] === "ACTIVE").map((each) => ask("DescribeFilter", { filterArn: String(each["filterArn"]) })));
  return {
    sources: [...campaigns, ...uses], filters: described.map((each) => each["filter"] as Reply),
    trackingId: String((tracker?.["eventTracker"] as Reply | undefined)?.["trackingId"] ?? ""), types: typesOf(insights), columns: columnsOf(insights),
    pending: [...trackers, ...filters].some((each) => underWay(each["status"])),
  };
}

async function campaignOf(arn: string, recipe: string): Promise<Source> {
  if (recipe) return { arn, name: nameOf(arn), recipe, member: "campaignArn" };
  const campaign = (await ask("DescribeCampaign", { campaignArn: arn }))["campaign"] as Reply;
  const version = (await ask("DescribeSolutionVersion", { solutionVersionArn: String(campaign["solutionVersionArn"]) }))["solutionVersion"] as Reply;
  return { arn, name: nameOf(arn), recipe: nameOf(version["recipeArn"]), member: "campaignArn" };
}

function typesOf(insights: Reply): string[] {
  const interactions = ((insights["datasets"] ?? []) as Reply[]).find((each) => each["datasetType"] === "INTERACTIONS");
  const types = ((interactions?.["eventTypes"] ?? []) as Reply[]).map((each) => String(each["eventType"] ?? "")).filter(Boolean);
  return types.length ? types : ["click"];
}

export function Test({ group }: { group: Group }) {
  const asked = useAsked(`setting ${group.arn}`, () => setting(group), (data) => data.pending);
  return (
    <>
      <h1>Test</h1>
      <Problem error={asked.error} again={asked.again} />
      {asked.loading && <Loading what="what can be asked" />}
      {asked.data && !asked.data.sources.length && (
        <Empty title="Nothing answers yet: no campaign and no recommender is ACTIVE."><a class="button primary" href={to("g", group.name, "serve")}>Serve a version</a></Empty>
      )}
      {asked.data && asked.data.sources.length > 0 && <Panel group={group} of={asked.data} again={asked.again} />}
    </>
  );
}

function Panel({ group, of, again }: { group: Group; of: Setting; again: () => void }) {
  const { query } = route.value;
  const get = (name: string): string => query.get(name) ?? "";
  const [turn, setTurn] = useState(0);
  const [type, setType] = useState(of.types[0] ?? "click");
  const one = of.sources.find((each) => each.arn === get("from")) ?? of.sources[0]!;
  const other = of.sources.find((each) => each.arn === get("with"));
  const rule = of.filters.find((each) => each["filterArn"] === get("filter"));
  const members = membersOf(get, of.filters);
  const user = get("user");
  const item = get("item");
  const send = async (itemId: string, recommendationId: string): Promise<void> => {
    const event = { eventType: type, itemId, sentAt: Math.floor(Date.now() / 1000), ...(recommendationId ? { recommendationId } : {}) };
    await ask("PutEvents", { trackingId: of.trackingId, userId: user, sessionId: `console-${user}`.slice(0, 256), eventList: [event] });
    setTurn((before) => before + 1);
  };
  const act = of.trackingId && user ? { type, send } : null;
  const question = { user, item, members, why: get("why") !== "no", inputs: get("rank").split(/[\s,]+/).filter(Boolean) };
  return (
    <>
      <Card>
        <Form onSubmit={() => setTurn((before) => before + 1)}>
          <div class="pair quad">
            <People source={one} value={user} onChange={(value) => remember({ user: value })} />
            <Choice label="Ask" value={one.arn} onChange={(value) => remember({ from: value })} options={of.sources.map((each) => [each.arn, `${each.name} (${each.recipe})`])} />
            <Choice label="Beside" value={other?.arn ?? ""} onChange={(value) => remember({ with: value })} options={[["", "nothing"], ...of.sources.filter((each) => each.arn !== one.arn).map((each): [string, string] => [each.arn, `${each.name} (${each.recipe})`])]} />
            <Choice label="Filter" value={get("filter")} onChange={(value) => remember({ filter: value })} options={[["", "none"], ...of.filters.map((each): [string, string] => [String(each["filterArn"]), String(each["name"])])]} />
          </div>
          <Parameters rule={rule} get={get} />
          <details class="same" open={["item", "context", "rank", "promote"].some(get)}>
            <summary>Item, promotion, context, how many</summary>
            <div class="pair">
              <Things source={one} value={item} onChange={(value) => remember({ item: value })} />
              <Promotion filters={of.filters} get={get} />
              <Context columns={of.columns} get={get} />
              <Field label="Items to rank, of a ranking recipe" rows={2} value={get("rank")} onChange={(value) => remember({ rank: value })} />
              <Choice label="How many" value={get("n") || "10"} onChange={(value) => remember({ n: value })} options={COUNTS.map((each) => [each, each])} />
            </div>
            <Tick label="Say why" hint="x-tastemaker-reasons" value={question.why} onChange={(value) => remember({ why: value ? "" : "no" })} />
          </details>
          <button type="submit" class="primary">Ask again</button>
        </Form>
      </Card>
      <div class={other ? "lists three" : "lists"}>
        <History group={group} source={one.arn} user={user} turn={turn} type={type} types={of.types} onType={setType} tracked={Boolean(of.trackingId)} onTracked={again} />
        <List source={one} question={question} turn={turn} act={act} />
        {other && <List source={other} question={question} turn={turn} act={act} />}
      </div>
    </>
  );
}

function People({ source, value, onChange }: { source: Source; value: string; onChange: (value: string) => void }) {
  const asked = useAsked(`users ${source.arn} ${value}`, () => ask("SearchUsers", { sourceArn: source.arn, text: value, maxResults: 20 }).catch((): Reply => ({ users: [] })));
  const users = (asked.data?.["users"] ?? []) as Reply[];
  return (
    <div>
      <Field label="User" value={value} onChange={onChange} list="people" autocomplete="off" hint={value ? `${users[0]?.["userId"] === value ? `${users[0]["events"]} events in the training` : users.length ? "go on typing, or choose one" : "not in the training: a newcomer"}` : "the beginning of an id, or anybody new"} />
      <datalist id="people">{users.map((each) => <option key={String(each["userId"])} value={String(each["userId"])}>{String(each["events"])} events</option>)}</datalist>
      {!value && users.length > 0 && <p class="chips">{users.slice(0, 4).map((each) => <button type="button" class="small" key={String(each["userId"])} onClick={() => onChange(String(each["userId"]))}>{String(each["userId"])}</button>)}</p>}
    </div>
  );
}

function Things({ source, value, onChange }: { source: Source; value: string; onChange: (value: string) => void }) {
  const asked = useAsked(`items ${source.arn} ${value}`, () => ask("SearchItems", { sourceArn: source.arn, text: value, maxResults: 20 }).catch((): Reply => ({ items: [] })));
  const items = (asked.data?.["items"] ?? []) as Reply[];
  return (
    <div>
      <Field label="Item, for what goes with it" value={value} onChange={onChange} list="things" autocomplete="off" hint={String(items.find((each) => each["itemId"] === value)?.["name"] ?? "the beginning of an id, or a part of a name")} />
      <datalist id="things">{items.map((each) => <option key={String(each["itemId"])} value={String(each["itemId"])}>{String(each["name"] ?? "")}</option>)}</datalist>
    </div>
  );
}
