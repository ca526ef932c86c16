/** What a user did last, beside the list that follows from it. */
import { ask, type Reply } from "../api";
import { useAsked } from "../asking";
import type { Act } from "../code";
import type { Group } from "../group";
import { useNames, type Known } from "../names";
import { Plan } from "../plan";
import { remember } from "../router";
import { Card, Choice, Form, Note, Problem, Same, When } from "../ui";

const SHOWN = 25;

interface Props {
  group: Group;
  source: string;
  user: string;
  turn: number;
  type: string;
  types: string[];
  onType: (type: string) => void;
  /** What a click does, as code; nothing where there is no tracker. */
  acts: Act[];
  onTracked: () => void;
}

export function History({ group, source, user, turn, type, types, onType, acts, onTracked }: Props) {
  const asked = useAsked(user ? `history ${source} ${user} ${turn}` : null, () => ask("GetUserHistory", { sourceArn: source, userId: user, maxResults: SHOWN }));
  const events = (asked.data?.["events"] ?? []) as Reply[];
  const names = useNames(source, events.map((each) => String(each["itemId"])));
  return (
    <Card title={user ? `What ${user} did` : "History"}>
      {!user && <p class="hint">Choose a user: what they did is shown here, beside what they are recommended.</p>}
      <Problem error={asked.error} />
      {asked.data && !events.length && <p class="hint">Nothing that this model knows of: a newcomer.</p>}
      {acts.length > 0 && <><Choice label="A click in a list sends" value={type} onChange={onType} options={[...new Set([...types, "click"])].map((each) => [each, each])} /><Same acts={acts} /></>}
      {user && !acts.length && <Tracker group={group} onDone={onTracked} />}
      <Done events={events} names={names} />
    </Card>
  );
}

/** Events, the last first: of a user, or of everybody, whose names then lead to what they did. */
export function Done({ events, names }: { events: Reply[]; names: Map<string, Known> }) {
  return (
    <ol class="history" tabIndex={0} aria-label="History">
      {events.map((each, at) => (
        <li key={`${String(each["itemId"])} ${String(each["sentAt"])} ${at}`} class={each["sinceTraining"] ? "new" : ""}>
          <strong>{names.get(String(each["itemId"]))?.name || String(each["itemId"])}</strong>
          {each["userId"] && <> <button type="button" class="small" onClick={() => remember({ user: String(each["userId"]) })}>{String(each["userId"])}</button></>}
          <small>{each["eventType"] ? `${String(each["eventType"])} · ` : ""}<When at={each["sentAt"]} />{each["sinceTraining"] ? " · since the training" : ""}</small>
        </li>
      ))}
    </ol>
  );
}

function Tracker({ group, onDone }: { group: Group; onDone: () => void }) {
  const members = { name: group.name, datasetGroupArn: group.arn };
  return (
    <Note>
      <p>To send events from here the dataset group needs an event tracker.</p>
      <Form onSubmit={() => undefined}><Plan label="Create an event tracker" onDone={onDone} steps={[{ title: "Event tracker", operation: "CreateEventTracker", members, reuses: true }]} /></Form>
    </Note>
  );
}
