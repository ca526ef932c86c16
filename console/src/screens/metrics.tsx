/** Metrics with intervals, by segment; of two versions, side by side. */
import { useState } from "preact/hooks";
import { ask, type Reply } from "../api";
import { useAsked } from "../asking";
import { Intervals, type Interval } from "../charts";
import { Choice, Facts, Loading, Note, Problem, Table, count, nameOf } from "../ui";

type Metric = { metric: string; value: number; low: number; high: number; lessBaselines: Reply[] };
type Segment = { segment: string; description: string; users: number; metrics: Metric[] };

export function Comparison({ one, other }: { one: string; other: string }) {
  const [segment, setSegment] = useState("all");
  const first = useAsked(`evaluation ${one}`, () => ask("GetEvaluation", { resourceArn: one }));
  const second = useAsked(other ? `evaluation ${other}` : null, () => ask("GetEvaluation", { resourceArn: other }));
  const mine = segmentsOf(first.data);
  const theirs = segmentsOf(second.data);
  const shown = mine.find((each) => each.segment === segment) ?? mine[0];
  const beside = theirs.find((each) => each.segment === shown?.segment);
  return (
    <>
      <Problem error={first.error ?? second.error} again={first.again} />
      {first.loading && <Loading what="the metrics" />}
      {first.data && <Note>{String(first.data["summary"])}</Note>}
      {other && second.data && <Note><strong>{nameOf(other)}</strong>: {String(second.data["summary"])}</Note>}
      {mine.length > 1 && <Choice label="For whom" value={shown?.segment ?? "all"} onChange={setSegment} hint={shown?.description ?? ""} options={mine.map((each) => [each.segment, `${each.segment} (${count(each.users)} held out)`])} />}
      {shown && <Intervals label={`Metrics of ${shown.segment}`} rows={shown.metrics.flatMap((metric) => rowsOf(metric, beside, one, other))} />}
      {shown && beside && <Verdict one={shown} other={beside} names={[nameOf(one), nameOf(other)]} />}
      {shown && <Baselines of={shown} />}
      {first.data && <AsOnAws of={first.data} other={second.data} names={[nameOf(one), nameOf(other)]} />}
    </>
  );
}

function segmentsOf(data: Reply | undefined): Segment[] {
  const all = (data?.["segments"] ?? []) as Segment[];
  return all.map((each) => ({ ...each, metrics: [...each.metrics].sort((one, other) => inOrder(one.metric, other.metric)) }));
}

/** At 5 before at 10. */
function inOrder(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}

function rowsOf(metric: Metric, beside: Segment | undefined, one: string, other: string): Interval[] {
  const rival = beside?.metrics.find((each) => each.metric === metric.metric);
  const name = words(metric.metric);
  const mine: Interval = { label: beside ? `${name} · ${nameOf(one)}` : name, value: metric.value, low: metric.low, high: metric.high, tone: "one" };
  return rival ? [mine, { label: `${name} · ${nameOf(other)}`, value: rival.value, low: rival.low, high: rival.high, tone: "other" }] : [mine];
}

function words(metric: string): string {
  return metric.replace(/_/g, " ").replace("normalized discounted cumulative gain", "NDCG").replace("mean reciprocal rank", "MRR");
}

/** What two intervals tell: apart they differ; where they overlap, nothing is certain. */
function Verdict({ one, other, names }: { one: Segment; other: Segment; names: [string, string] }) {
  const pairs = one.metrics.flatMap((metric) => {
    const rival = other.metrics.find((each) => each.metric === metric.metric);
    return rival ? [{ metric, rival }] : [];
  });
  const better = pairs.filter(({ metric, rival }) => metric.low > rival.high).length;
  const worse = pairs.filter(({ metric, rival }) => metric.high < rival.low).length;
  const text = !better && !worse
    ? `All intervals of ${names[0]} and ${names[1]} overlap: on these held-out users neither is shown to be better.`
    : `${names[0]} is better in ${better} of ${pairs.length} metrics and worse in ${worse}, beyond both intervals; in the others they overlap.`;
  return <Note>{text}</Note>;
}

function Baselines({ of }: { of: Segment }) {
  const rows = of.metrics.flatMap((metric) => metric.lessBaselines.map((each) => {
    const [low, high] = [Number(each["low"]), Number(each["high"])];
    const verdict = low > 0 ? "better" : high < 0 ? "worse" : "not certain";
    return [words(metric.metric), String(each["baseline"]), Number(each["value"]).toFixed(4), `${low.toFixed(4)} to ${high.toFixed(4)}`, verdict];
  }));
  return rows.length ? <details class="same" open><summary>Less what simple lists reach</summary><Table caption="Differences from simple lists" head={["Metric", "Simple list", "Difference", "95 % interval", ""]} rows={rows} /></details> : null;
}

function AsOnAws({ of, other, names }: { of: Reply; other: Reply | undefined; names: [string, string] }) {
  const mine = (of["metrics"] ?? {}) as Record<string, number>;
  const theirs = (other?.["metrics"] ?? {}) as Record<string, number>;
  const show = (value: number | undefined): string => (value === undefined ? "–" : value.toFixed(4));
  return (
    <details class="same">
      <summary>All metrics, as GetSolutionMetrics has them</summary>
      {other
        ? <Table caption="Metrics of both versions" head={["", ...names]} rows={Object.keys(mine).sort(inOrder).map((name) => [name, show(mine[name]), show(theirs[name])])} />
        : <Facts of={Object.keys(mine).sort(inOrder).map((name): [string, string] => [name, show(mine[name])])} />}
    </details>
  );
}
