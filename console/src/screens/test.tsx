/** The test panel: a user's history beside what is recommended, and what an event changes. */
import { useState } from "preact/hooks";
import { ask, type Members } from "../api";
import { useAsked } from "../asking";
import { useDraft } from "../drafts";
import type { Group } from "../group";
import { remember, route, to } from "../router";
import { setting, type Setting } from "../setting";
import { Card, Choice, Empty, Field, Form, Loading, Problem, Tick } from "../ui";
import { Context, Parameters, Promotion, contextOf, membersOf, propertiesOf } from "./asked";
import { People, Things } from "./finding";
import { History } from "./history";
import { List } from "./list";

const COUNTS = ["10", "25", "50"];

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
  const [type, setType] = useDraft("type", of.types[0] ?? "click");
  const one = of.sources.find((each) => each.arn === get("from")) ?? of.sources[0]!;
  const other = of.sources.find((each) => each.arn === get("with"));
  const rule = of.filters.find((each) => each["filterArn"] === get("filter"));
  const members = membersOf(get, of.filters);
  const user = get("user");
  const item = get("item");
  const eventOf = (itemId: string, recommendationId: string): Members => {
    const event = { eventType: type, itemId, sentAt: Math.floor(Date.now() / 1000), ...propertiesOf(of.columns, contextOf(get("context"))), ...(recommendationId ? { recommendationId } : {}) };
    return { trackingId: of.trackingId, userId: user, sessionId: `console-${user}`.slice(0, 256), eventList: [event] };
  };
  const send = async (itemId: string, recommendationId: string): Promise<void> => {
    await ask("PutEvents", eventOf(itemId, recommendationId));
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
        <History group={group} source={one.arn} user={user} turn={turn} type={type} types={of.types} onType={setType} acts={act ? [{ operation: "PutEvents", members: eventOf("ITEM", "") }] : []} onTracked={again} />
        <List source={one} question={question} turn={turn} act={act} group={group} />
        {other && <List source={other} question={question} turn={turn} act={act} group={group} />}
      </div>
    </>
  );
}
