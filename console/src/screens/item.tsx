/** One item: what is known of it, how often it was taken, what goes with it, and what keeps it out of lists. */
import { ask, type Reply } from "../api";
import { useAsked } from "../asking";
import type { Group } from "../group";
import { remember, route, to } from "../router";
import { parametersOf, ruleMembers } from "../rules";
import { setting, type Setting } from "../setting";
import { Card, Choice, Copy, Empty, Facts, Field, Form, Loading, Note, Problem, count } from "../ui";
import { People, Things } from "./finding";
import { Explained } from "./filters";
import { List, type Source } from "./list";

const RELATED = /similar|sims|semantic|also-viewed|bought-together|because-you-watched|more-like/;

export function Item({ group }: { group: Group }) {
  const asked = useAsked(`setting ${group.arn}`, () => setting(group), (data) => data.pending);
  // Whoever recommends actions knows no items.
  const sources = (asked.data?.sources ?? []).filter((each) => !each.recipe.includes("next-best-action"));
  return (
    <>
      <h1>Item</h1>
      <Problem error={asked.error} again={asked.again} />
      {asked.loading && <Loading what="what can be asked" />}
      {asked.data && !sources.length && <Empty title="Items are known to what answers: no campaign and no recommender is ACTIVE."><a class="button primary" href={to("g", group.name, "serve")}>Serve a version</a></Empty>}
      {asked.data && sources.length > 0 && <Chosen group={group} of={asked.data} sources={sources} />}
    </>
  );
}

function Chosen({ group, of, sources }: { group: Group; of: Setting; sources: Source[] }) {
  const { query } = route.value;
  const id = query.get("item") ?? "";
  const source = sources.find((each) => each.arn === query.get("from")) ?? sources[0]!;
  const related = sources.find((each) => RELATED.test(each.recipe));
  return (
    <>
      <Card>
        <Form onSubmit={() => undefined}>
          <div class="pair">
            <Things label="Item" source={source} value={id} onChange={(item) => remember({ item })} />
            <Choice label="As known to" value={source.arn} onChange={(from) => remember({ from })} options={sources.map((each) => [each.arn, `${each.name} (${each.recipe})`])} />
          </div>
        </Form>
      </Card>
      {id && <Known group={group} source={source} id={id} />}
      {id && related && <List title="What goes with it" source={related} question={{ user: "", item: id, members: { numResults: 10 }, why: false, inputs: [] }} turn={0} act={null} group={group} />}
      {id && !related && <Note>What goes with it is told by a campaign of a recipe for related items: <a href={to("g", group.name, "train")}>train aws-similar-items</a>.</Note>}
      {id && <Kept of={of} source={source} id={id} group={group} />}
    </>
  );
}

function Known({ group, source, id }: { group: Group; source: Source; id: string }) {
  const asked = useAsked(`item ${source.arn} ${id}`, () => ask("SearchItems", { sourceArn: source.arn, itemIds: [id], countEvents: true }));
  const item = ((asked.data?.["items"] ?? []) as Reply[])[0];
  const metadata = Object.entries((item?.["metadata"] ?? {}) as Record<string, string>);
  return (
    <Card title={item?.["name"] ? String(item["name"]) : id} side={item && <small>{item["known"] ? "known" : "not known"}</small>}>
      <Problem error={asked.error} again={asked.again} />
      {asked.loading && <Loading what="the item" />}
      {item && (
        <>
          {!item["known"] && <Note kind="warn">{source.name} does not know it: it was neither in the training nor put since. <a href={to("g", group.name, "data")}>Import it</a>, or put it with PutItems.</Note>}
          <Facts of={[
            ["Id", <><code>{id}</code> <Copy text={id} /></>], ["Events with it", <>{count(item["events"])} <small>in the histories that {source.name} keeps</small></>],
            ...metadata.map(([name, value]): [string, string] => [name, value]),
          ]} />
          {item["known"] && !metadata.length && <p class="hint">It has no metadata: an Items dataset would have them.</p>}
          <p><a href={to("g", group.name, "test", { item: id })}>Test with it</a> · <a href={to("g", group.name, "events", { item: id })}>Send an event with it</a></p>
        </>
      )}
    </Card>
  );
}

/** Every filter's word on the item, for a user or for anybody. */
function Kept({ of, source, id, group }: { of: Setting; source: Source; id: string; group: Group }) {
  const { query } = route.value;
  const user = query.get("user") ?? "";
  return (
    <Card title="Why it may be kept out">
      {!of.filters.length && <p class="hint">Nothing keeps it out: there is no filter. <a href={to("g", group.name, "filters")}>Make one</a>.</p>}
      {of.filters.length > 0 && <Form onSubmit={() => undefined}><div class="pair"><People source={source} value={user} onChange={(value) => remember({ user: value })} /></div></Form>}
      {of.filters.map((rule) => <Word key={String(rule["filterArn"])} rule={rule} source={source} id={id} user={user} />)}
    </Card>
  );
}

function Word({ rule, source, id, user }: { rule: Reply; source: Source; id: string; user: string }) {
  const { query } = route.value;
  const values = Object.fromEntries(parametersOf(rule).map((name) => [name, query.get(`$${name}`) ?? ""]));
  const members = {
    ...ruleMembers(rule, (name) => values[name] ?? ""), [source.member]: source.arn, itemId: id, ...(user ? { userId: user } : {}),
  };
  const missing = Object.keys(values).filter((name) => !values[name]);
  const includes = /^\s*INCLUDE/i.test(String(rule["filterExpression"]));
  const asked = useAsked(missing.length && includes ? null : JSON.stringify(members), () => ask("ExplainFilter", members));
  return (
    <div class="job">
      <h3>{String(rule["name"])}</h3>
      <p class="hint"><code>{String(rule["filterExpression"])}</code></p>
      {Object.keys(values).length > 0 && <div class="pair">{Object.keys(values).map((name) => <Field key={name} label={`$${name}`} value={values[name] ?? ""} onChange={(value) => remember({ [`$${name}`]: value })} hint={missing.includes(name) ? "needs a value" : "Several with commas between"} />)}</div>}
      <Problem error={asked.error} again={asked.again} />
      {asked.data && <Explained of={asked.data} />}
    </div>
  );
}
