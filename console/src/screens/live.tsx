/** Events as they are recorded: a user's newest, looked at again and again, and the list that follows from them. */
import { useState } from "preact/hooks";
import { ask, type Members, type Reply } from "../api";
import { useAsked } from "../asking";
import { useDraft } from "../drafts";
import type { Group } from "../group";
import { useNames } from "../names";
import { Plan } from "../plan";
import { remember, route, to } from "../router";
import { setting, type Setting } from "../setting";
import { Card, Choice, Field, Form, Loading, Note, Problem, Tick } from "../ui";
import { propertiesOf } from "./asked";
import { People, Things } from "./finding";
import { Done } from "./history";
import { List, type Source } from "./list";

const SHOWN = 25;

export function Live({ group }: { group: Group }) {
  const asked = useAsked(`setting ${group.arn}`, () => setting(group), (data) => data.pending);
  // A history is asked of a model that knows items.
  const sources = (asked.data?.sources ?? []).filter((each) => !each.recipe.includes("next-best-action"));
  return (
    <Card title="Live">
      <p>What users do, as it is recorded; of one of them, also the list that follows from it.</p>
      <Problem error={asked.error} again={asked.again} />
      {asked.loading && <Loading what="what can be asked" />}
      {asked.data && !sources.length && <Note>Events are recorded already. To see them here, a campaign or a recommender must be ACTIVE: <a href={to("g", group.name, "serve")}>serve a version</a>.</Note>}
      {asked.data && sources.length > 0 && <Watched group={group} of={asked.data} sources={sources} />}
    </Card>
  );
}

function Watched({ group, of, sources }: { group: Group; of: Setting; sources: Source[] }) {
  const { query } = route.value;
  const user = query.get("user") ?? "";
  const source = sources.find((each) => each.arn === query.get("from")) ?? sources[0]!;
  const [live, setLive] = useState(true);
  const tail = useAsked(`tail ${source.arn} ${user} ${live}`, () => ask("GetUserHistory", { sourceArn: source.arn, ...(user ? { userId: user } : {}), maxResults: SHOWN }), () => live);
  const events = (tail.data?.["events"] ?? []) as Reply[];
  const names = useNames(source.arn, events.map((each) => String(each["itemId"])));
  const newest = `${events.filter((each) => each["sinceTraining"]).length} ${String(events[0]?.["sentAt"])} ${String(events[0]?.["itemId"])}`;
  const question = { user, item: source.recipe.includes("personal") ? "" : String(events[0]?.["itemId"] ?? ""), members: { numResults: 10 }, why: true, inputs: [] };
  return (
    <>
      <div class="pair">
        <People source={source} value={user} onChange={(value) => remember({ user: value })} />
        <Choice label="Ask" value={source.arn} onChange={(value) => remember({ from: value })} options={sources.map((each) => [each.arn, `${each.name} (${each.recipe})`])} />
      </div>
      {user && <Send of={of} source={source} user={user} onDone={tail.again} />}
      <Tick label="Look again every 1.5 seconds" hint="GetUserHistory" value={live} onChange={setLive} />
      <Problem error={tail.error} again={tail.again} />
      {!user && tail.data && (
        <Card level={3} title="Newest of everybody">
          {events.length > 0 ? <p class="hint">Of the last hour. A name leads to what its user did, and to the list that follows.</p> : <p class="hint">Nothing was recorded within the last hour.</p>}
          <Done events={events} names={names} />
        </Card>
      )}
      {user && (
        <div class="lists">
          <Card level={3} title={`Newest of ${user}`}>
            {tail.data && !events.length && <p class="hint">Nothing is recorded of this user yet.</p>}
            <Done events={events} names={names} />
          </Card>
          <List source={source} question={question} turn={newest} act={null} group={group} />
        </div>
      )}
    </>
  );
}

function Send({ of, source, user, onDone }: { of: Setting; source: Source; user: string; onDone: () => void }) {
  const wanted = route.value.query.get("item") ?? "";
  const [item, setItem] = useDraft(`item ${wanted}`, wanted);
  const [type, setType] = useDraft("type", of.types[0] ?? "click");
  const [value, setValue] = useDraft("value", "");
  const [told, setTold] = useDraft<Record<string, string>>("told", {});
  const event: Members = { eventType: type, itemId: item, sentAt: Math.floor(Date.now() / 1000), ...propertiesOf(of.columns, told), ...(value ? { eventValue: Number(value) } : {}) };
  const members = { trackingId: of.trackingId, userId: user, sessionId: `console-${user}`.slice(0, 256), eventList: [event] };
  return (
    <Form onSubmit={() => undefined}>
      <div class="pair">
        <Things label="Item" source={source} value={item} onChange={setItem} />
        <Field label="Event type" value={type} onChange={setType} required list="types" />
        <Field label="Event value, if it has one" type="number" step="any" value={value} onChange={setValue} />
        {of.columns.map(({ name, values }) => <Field key={name} label={name} value={told[name] ?? ""} onChange={(text) => setTold({ ...told, [name]: text })} placeholder={values.join(", ")} />)}
      </div>
      <datalist id="types">{of.types.map((each) => <option key={each} value={each} />)}</datalist>
      <Plan label="Send the event" disabled={!item || !type} onDone={onDone} steps={[{ title: "Event", operation: "PutEvents", members }]} />
    </Form>
  );
}
