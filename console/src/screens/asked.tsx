/** What a request of the test panel says beside user and item: a filter, a promotion, a context. */
import type { Members, Reply } from "../api";
import { remember } from "../router";
import { parametersOf, ruleMembers } from "../rules";
import { Choice, Field, Note } from "../ui";

type Get = (name: string) => string;

/** A column of interactions that a context may tell, with values that it has. */
export interface Column {
  name: string;
  values: string[];
}

const OWN = new Set(["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE", "IMPRESSION", "RECOMMENDATION_ID"]);
const OFFERED = 4; // values of a column

export function columnsOf(insights: Reply): Column[] {
  const interactions = ((insights["datasets"] ?? []) as Reply[]).find((each) => each["datasetType"] === "INTERACTIONS");
  const columns = ((interactions?.["columns"] ?? []) as Reply[]).filter((each) => !OWN.has(String(each["columnName"])));
  return columns.map((each) => ({
    name: String(each["columnName"]), values: ((each["topValues"] ?? []) as Reply[]).slice(0, OFFERED).map((value) => String(value["value"])),
  }));
}

/** Return the properties of an event: each column of one's own must be there, if only empty. */
export function propertiesOf(columns: Column[], values: Record<string, string>): Members {
  const all = Object.fromEntries(columns.map(({ name }) => [name, values[name] ?? ""]));
  return columns.length ? { properties: JSON.stringify(all) } : {};
}

/** Return the members that all this is in a request; rankings take no promotion, and leave it out. */
export function membersOf(get: Get, filters: Reply[]): Members {
  const found = (name: string): Reply | undefined => filters.find((each) => each["filterArn"] === get(name));
  const context = contextOf(get("context"));
  const promoted = found("promote");
  const promotion = { name: "promotion", percentPromotedItems: Number(get("share") || 20), ...ruleMembers(promoted, (name) => get(`promote.${name}`)) };
  return {
    numResults: Number(get("n") || 10), ...ruleMembers(found("filter"), (name) => get(`$${name}`)),
    ...(promoted ? { promotions: [promotion] } : {}), ...(Object.keys(context).length ? { context } : {}),
  };
}

export function contextOf(text: string): Record<string, string> {
  const pairs = linesOf(text).map((line) => line.split("=")).filter((pair) => pair.length > 1);
  return Object.fromEntries(pairs.map(([name = "", ...rest]) => [name.trim(), rest.join("=").trim()]));
}

function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

export function Parameters({ rule, get, prefix = "$", before = "" }: { rule: Reply | undefined; get: Get; prefix?: string; before?: string }) {
  if (!rule) return null;
  return (
    <>
      <p class="hint"><code>{String(rule["filterExpression"])}</code></p>
      <div class="pair">{parametersOf(rule).map((name) => <Field key={name} label={`${before}$${name}`} value={get(prefix + name)} onChange={(value) => remember({ [prefix + name]: value })} hint="Several with commas between" />)}</div>
    </>
  );
}

export function Promotion({ filters, get }: { filters: Reply[]; get: Get }) {
  const rule = filters.find((each) => each["filterArn"] === get("promote"));
  return (
    <div>
      <Choice label="Promote what passes" value={get("promote")} onChange={(promote) => remember({ promote })} options={[["", "nothing"], ...filters.map((each): [string, string] => [String(each["filterArn"]), String(each["name"])])]} hint={filters.length ? "a share of the list is kept for these items" : "needs a filter"} />
      {rule && <Field label="Percent of the list" type="number" min="1" max="100" value={get("share") || "20"} onChange={(share) => remember({ share })} />}
      <Parameters rule={rule} get={get} prefix="promote." before="Promoted " />
    </div>
  );
}

export function Context({ columns, get }: { columns: Column[]; get: Get }) {
  const lines = linesOf(get("context"));
  const toggled = (name: string, line: string): string => [...lines.filter((each) => each.split("=")[0]?.trim() !== name), ...(lines.includes(line) ? [] : [line])].join("\n");
  const wrong = lines.filter((line) => !line.includes("="));
  return (
    <div>
      <Field label="Context, a COLUMN=value a line" rows={2} value={get("context")} onChange={(context) => remember({ context })} hint={columns.length ? undefined : "Interactions have no column that tells the circumstances of an event"} />
      <p class="chips">{columns.flatMap(({ name, values }) => values.map((value) => `${name}=${value}`).map((line) => (
        <button type="button" class="small" key={line} aria-pressed={lines.includes(line)} onClick={() => remember({ context: toggled(name, line) })}>{line}</button>
      )))}</p>
      {wrong.length > 0 && <Note kind="warn">Left out for want of a =: <code>{wrong.join(", ")}</code></Note>}
    </div>
  );
}
