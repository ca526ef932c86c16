/** Fields that find users and items by what is typed. */
import { ask, type Reply } from "../api";
import { useAsked } from "../asking";
import { Field } from "../ui";
import type { Source } from "./list";

export function People({ source, value, onChange }: { source: Source; value: string; onChange: (value: string) => void }) {
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

export function Things({ source, value, onChange, label = "Item, for what goes with it" }: { source: Source; label?: string; value: string; onChange: (value: string) => void }) {
  const asked = useAsked(`items ${source.arn} ${value}`, () => ask("SearchItems", { sourceArn: source.arn, text: value, maxResults: 20 }).catch((): Reply => ({ items: [] })));
  const items = (asked.data?.["items"] ?? []) as Reply[];
  return (
    <div>
      <Field label={label} value={value} onChange={onChange} list="things" autocomplete="off" hint={String(items.find((each) => each["itemId"] === value)?.["name"] ?? "the beginning of an id, or a part of a name")} />
      <datalist id="things">{items.map((each) => <option key={String(each["itemId"])} value={String(each["itemId"])}>{String(each["name"] ?? "")}</option>)}</datalist>
    </div>
  );
}
