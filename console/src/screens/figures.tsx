/** What each source brought, by day: how a metric's events divide, and when they came. */
import { ask, type Reply } from "../api";
import { useAsked } from "../asking";
import { asBoto3, asCli } from "../code";
import type { Group } from "../group";
import { remember, route, to } from "../router";
import type { Setting } from "../setting";
import { Strips } from "../strips";
import { Card, Choice, Code, Empty, Loading, Note, Problem, Table, When, count, nameOf, percent } from "../ui";
import type { Counted } from "./impact";

const DAY = 86_400;
const SPANS: [string, string][] = [["7", "7 days"], ["14", "14 days"], ["30", "30 days"], ["90", "90 days"]];
const PAGE = 1000;
const MOST = 10_000; // figures that are read
const DRAWN = 8; // sources
const LISTED = 200; // days of sources
const UNDEFINED = "SOURCE_NAME_UNDEFINED";

interface Read {
  figures: Reply[];
  until: unknown;
}

interface Source {
  source: string;
  count: number;
  sum: number;
  byDay: Map<number, Reply>;
}

async function read(arn: string, metric: string, since: number): Promise<Read> {
  const figures: Reply[] = [];
  let page: Reply = {};
  do {
    const token = page["nextToken"] as string | undefined;
    page = await ask("GetAttributionFigures", { metricAttributionArn: arn, metricName: metric, since, maxResults: PAGE, ...(token ? { nextToken: token } : {}) });
    figures.push(...(page["figures"] as Reply[]));
  } while (page["nextToken"] && figures.length < MOST);
  return { figures, until: page["countedUntil"] };
}

export function Figures({ group, of: { attribution, metrics }, setting }: { group: Group; of: Counted; setting: Setting }) {
  const { query } = route.value;
  const names = metrics.map((each) => String(each["metricName"]));
  const metric = names.find((each) => each === query.get("metric")) ?? names[0] ?? "";
  const days = SPANS.find(([each]) => each === query.get("days"))?.[0] ?? "30";
  const today = Math.floor(Date.now() / 1000 / DAY) * DAY;
  const since = today - (Number(days) - 1) * DAY;
  const arn = String(attribution["metricAttributionArn"]);
  const asked = useAsked(`figures ${arn} ${metric} ${since}`, () => read(arn, metric, since));
  const described = metrics.find((each) => each["metricName"] === metric);
  const counts = described?.["expression"] === "SAMPLECOUNT()";
  const sources = bySource(asked.data?.figures ?? []);
  return (
    <Card title="By source" side={asked.data && <span class="hint">counted until <When at={asked.data.until} /></span>}>
      <div class="pair">
        <Choice label="Metric" value={metric} onChange={(next) => remember({ metric: next })} options={names.map((each) => [each, each])} hint={described && <>events of type {String(described["eventType"])}, <code>{String(described["expression"])}</code></>} />
        <Choice label="Of the last" value={days} onChange={(next) => remember({ days: next })} options={SPANS} hint="by day, in UTC; CloudWatch has quarters of an hour" />
      </div>
      <Problem error={asked.error} again={asked.again} />
      {asked.loading && <Loading what="the figures" />}
      {asked.data && !sources.length && <Nothing trackingId={setting.trackingId} type={String(described?.["eventType"] ?? "")} from={setting.sources[0]?.arn ?? ""} />}
      {sources.length > 0 && (
        <>
          <Verdict sources={sources} counts={counts} />
          <Strips label={`${metric} by source and day`} from={dayOf(since)} to={dayOf(today)} strips={sources.slice(0, DRAWN).map((each) => ({
            label: <Name group={group} source={each.source} />, values: valuesOf(each, since, today, counts), text: <>{amount(each.sum, counts)} <small>{percent(each.sum / total(sources))}</small></>,
          }))} />
          <Table caption="What each source brought" head={["Source", "Events", counts ? "" : "Sum", "Share", counts ? "" : "Each"].filter(Boolean)} rows={sources.map((each) => [
            <><Name group={group} source={each.source} /> <small>{kindOf(each.source)}</small></>,
            ...[count(each.count), ...(counts ? [] : [amount(each.sum, counts)]), percent(each.sum / total(sources), 1), ...(counts ? [] : [amount(each.sum / each.count, false)])].map((text) => <span class="figure">{text}</span>),
          ])} />
          <details class="same"><summary>Day by day</summary><Days of={sources} counts={counts} /></details>
        </>
      )}
      <p><button type="button" class="small" onClick={asked.again}>Look again</button> <span class="hint">Figures come every quarter of an hour.</span></p>
    </Card>
  );
}

function bySource(figures: Reply[]): Source[] {
  const sources = new Map<string, Source>();
  for (const each of figures) {
    const name = String(each["eventAttributionSource"]);
    const of = sources.get(name) ?? { source: name, count: 0, sum: 0, byDay: new Map<number, Reply>() };
    of.count += Number(each["count"]);
    of.sum += Number(each["sum"]);
    of.byDay.set(Number(each["day"]), each);
    sources.set(name, of);
  }
  return [...sources.values()].sort((one, other) => other.sum - one.sum || one.source.localeCompare(other.source));
}

function total(sources: Source[]): number {
  return sources.reduce((all, each) => all + each.sum, 0) || 1;
}

function valuesOf(of: Source, since: number, today: number, counts: boolean): number[] {
  const days = Array.from({ length: (today - since) / DAY + 1 }, (_, at) => since + at * DAY);
  return days.map((day) => Number(of.byDay.get(day)?.[counts ? "count" : "sum"] ?? 0));
}

function dayOf(moment: number): string {
  return new Date(moment * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}

function amount(value: number, counts: boolean): string {
  return counts ? count(value) : value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function kindOf(source: string): string {
  if (source === UNDEFINED) return "nobody's merit";
  const [, , , , , kind] = source.split(/[:/]/);
  return source.startsWith("arn:") && (kind === "campaign" || kind === "recommender") ? kind : "a source of your own";
}

function Name({ group, source }: { group: Group; source: string }) {
  if (source === UNDEFINED) return <>undefined</>;
  return kindOf(source).startsWith("a ") ? <>{source}</> : <a href={to("g", group.name, "test", { from: source })}>{nameOf(source)}</a>;
}

/** What came of recommendations, in a sentence: campaigns and recommenders together against all that was counted. */
function Verdict({ sources, counts }: { sources: Source[]; counts: boolean }) {
  const own = sources.filter((each) => ["campaign", "recommender"].includes(kindOf(each.source)));
  const [all, recommended] = [total(sources), own.reduce((sum, each) => sum + each.sum, 0)];
  return <Note>{own.length ? `Recommendations brought ${amount(recommended, counts)} of ${amount(all, counts)}: ${percent(recommended / all, 1)}.` : "No event names an answer of a campaign or recommender: send its recommendationId with what is clicked."}</Note>;
}

function Days({ of, counts }: { of: Source[]; counts: boolean }) {
  const all = of.flatMap(({ source, byDay }) => [...byDay.entries()].map(([day, figure]) => ({ day, source, figure })));
  const newest = all.sort((one, other) => other.day - one.day || one.source.localeCompare(other.source)).slice(0, LISTED);
  return (
    <>
      <Table caption="Days" head={["Day", "Source", "Events", ...(counts ? [] : ["Sum"])]} rows={newest.map(({ day, source, figure }) => [
        dayOf(day), source === UNDEFINED ? "undefined" : source.startsWith("arn:") ? nameOf(source) : source, count(figure["count"]), ...(counts ? [] : [amount(Number(figure["sum"]), counts)]),
      ])} />
      {all.length > LISTED && <p class="hint">The newest {LISTED} of {count(all.length)}.</p>}
    </>
  );
}

/** Where nothing was counted yet: how events tell what led to them. */
function Nothing({ trackingId, type, from }: { trackingId: string; type: string; from: string }) {
  const event = { eventType: type, itemId: "ITEM", sentAt: Math.floor(Date.now() / 1000), recommendationId: "RID-…", metricAttribution: { eventAttributionSource: from || "newsletter" } };
  const acts = [{ operation: "PutEvents", members: { trackingId: trackingId || "TRACKING_ID", userId: "USER", sessionId: "SESSION", eventList: [event] } }];
  return (
    <Empty title="Nothing was counted in these days.">
      <p>Send events of this type with the <code>recommendationId</code> of the answer that was clicked, or with a source of their own; one of both will do. They are counted within a quarter of an hour.</p>
      <details class="same"><summary>An event that tells its source</summary><Code label="Python" text={asBoto3(acts)} /><Code label="Shell" text={asCli(acts)} /></details>
    </Empty>
  );
}
