/** What is in the data: warnings first, then each dataset column by column. */
import { ask, type Reply } from "../api";
import { useAsked } from "../asking";
import { Bars } from "../charts";
import type { Group } from "../group";
import { to } from "../router";
import { Card, Empty, Facts, Loading, Note, Problem, Table, When, count, percent } from "../ui";

const SHOWN = 10; // values of a column

export function Insights({ group }: { group: Group }) {
  const asked = useAsked(`insights ${group.arn}`, () => ask("GetDataInsights", { datasetGroupArn: group.arn }));
  const datasets = (asked.data?.["datasets"] ?? []) as Reply[];
  const warnings = (asked.data?.["warnings"] ?? []) as Reply[];
  return (
    <>
      <h1>Insights</h1>
      <Problem error={asked.error} again={asked.again} />
      {asked.loading && <Loading what="the insights" />}
      {asked.data && !datasets.length && <Empty title="There are no datasets yet."><a class="button primary" href={to("g", group.name, "data")}>Import data</a></Empty>}
      {datasets.length > 0 && warnings.length > 0 && (
        <Card title={`${warnings.length} ${warnings.length === 1 ? "thing" : "things"} to look at`}>
          {warnings.map((each, at) => <Note key={at} kind="warn"><strong>{words(each["datasetType"])}{each["columnName"] ? ` · ${each["columnName"]}` : ""}</strong> {String(each["message"])}</Note>)}
        </Card>
      )}
      {asked.data && datasets.length > 0 && !warnings.length && <Note>Nothing is wrong with the data.</Note>}
      {datasets.map((dataset) => <Dataset key={String(dataset["datasetArn"])} of={dataset} />)}
    </>
  );
}

function words(type: unknown): string {
  const text = String(type ?? "").toLowerCase().replace("_", " ");
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function Dataset({ of }: { of: Reply }) {
  const individual = of["individualRecords"] as Reply;
  const perId = (of["eventsPerId"] ?? []) as Reply[];
  const types = (of["eventTypes"] ?? []) as Reply[];
  const comparison = of["comparison"] as Reply | undefined;
  const columns = of["columns"] as Reply[];
  return (
    <Card title={words(of["datasetType"])}>
      <Facts of={[
        ["Imported rows", count(of["bulkRecords"])],
        ["Put one by one", `${count(individual["count"])}${individual["orMore"] ? " or more" : ""}`],
        ["From", of["firstTimestamp"] && <When at={of["firstTimestamp"]} />], ["To", of["lastTimestamp"] && <When at={of["lastTimestamp"]} />],
        ["Without events", comparison && `${count(comparison["withoutEvents"])} (${percent(comparison["withoutEventsShare"])})`],
        ["With events but not described", comparison && count(comparison["undescribedIds"])],
      ]} />
      {types.length > 0 && <><h3>Event types</h3><Bars label="Event types" bars={types.map((each) => ({ label: String(each["eventType"] ?? "(none)"), value: Number(each["count"]), text: `${count(each["count"])} · ${percent(each["share"])}` }))} /></>}
      {perId.length > 0 && <><h3>Events of each</h3><Table caption="Events of each user and item" head={["", "Distinct", "Fewest", "Median", "Mean", "90 % have at most", "Most", "With one event"]} rows={perId.map((each) => [
        <code>{String(each["columnName"])}</code>, count(each["distinctIds"]), count(each["minimum"]), count(each["median"]), Number(each["mean"] ?? 0).toFixed(1), count(each["percentile90"]), count(each["maximum"]), count(each["withOneEvent"]),
      ])} /></>}
      {columns.length > 0 && <h3>Columns</h3>}
      {columns.map((column) => <Column key={String(column["columnName"])} of={column} />)}
    </Card>
  );
}

function Column({ of }: { of: Reply }) {
  const values = ((of["topValues"] ?? []) as Reply[]).slice(0, SHOWN);
  const numbers = of["numbers"] as Reply | undefined;
  const kinds = [of["type"], of["categorical"] && "categorical", of["textual"] && "textual"].filter(Boolean).join(", ");
  const distinct = `${count(of["distinct"])}${of["distinctIsApproximate"] ? " or so" : ""}`;
  return (
    <details class="column">
      <summary><code>{String(of["columnName"])}</code> <span class="hint">{kinds} · {distinct} distinct{Number(of["missing"]) > 0 && ` · ${percent(of["missingShare"], 1)} missing`}</span></summary>
      {numbers && <Facts of={["minimum", "median", "mean", "maximum"].map((name): [string, string] => [name, numbers[name] === undefined ? "" : Number(numbers[name]).toLocaleString("en-US")])} />}
      {values.length > 0 && <Bars label={`Most frequent values of ${String(of["columnName"])}`} bars={values.map((each) => ({ label: String(each["value"]), value: Number(each["count"]), text: `${count(each["count"])} · ${percent(each["share"])}` }))} />}
      {!numbers && !values.length && <p class="hint">Nothing more is known of this column.</p>}
    </details>
  );
}
