/** What recommendations brought: events by the source they came from, and what other exploration would have earned. */
import { ask, every, type Reply } from "../api";
import { underWay, useAsked } from "../asking";
import type { Group } from "../group";
import { setting } from "../setting";
import { Loading, Problem } from "../ui";
import { Attribution, New } from "./attribution";
import { Figures } from "./figures";
import { Weights } from "./weights";

export interface Counted {
  attribution: Reply;
  metrics: Reply[];
}

/** What metrics can add up, and of which types of events. */
export interface Ground {
  expressions: string[];
  types: string[];
  /** Metrics need events with types. */
  typed: boolean;
}

const COUNT = "SAMPLECOUNT()";
const SUMMED: Record<string, string> = { INTERACTIONS: "Interactions", ITEMS: "Items" };
const NUMBERS = /int|long|float|double/;

async function counted(group: Group): Promise<Counted | null> {
  const [first] = await every("ListMetricAttributions", "metricAttributions", { datasetGroupArn: group.arn });
  if (!first) return null;
  const of = { metricAttributionArn: String(first["metricAttributionArn"]) };
  try {
    const [described, metrics] = await Promise.all([ask("DescribeMetricAttribution", of), every("ListMetricAttributionMetrics", "metrics", of)]);
    return { attribution: described["metricAttribution"] as Reply, metrics };
  } catch (problem) {
    if (first["status"] === "ACTIVE") throw problem;
    return null; // it was on its way out, and is gone
  }
}

async function ground(group: Group, types: string[]): Promise<Ground> {
  const datasets = await every("ListDatasets", "datasets", { datasetGroupArn: group.arn });
  const fields = await Promise.all(datasets.map(async (each): Promise<[string, Reply[]]> => {
    const dataset = (await ask("DescribeDataset", { datasetArn: String(each["datasetArn"]) }))["dataset"] as Reply;
    const schema = (await ask("DescribeSchema", { schemaArn: String(dataset["schemaArn"]) }))["schema"] as Reply;
    return [String(each["datasetType"]).toUpperCase(), fieldsOf(String(schema["schema"]))];
  }));
  const sums = fields.filter(([type]) => SUMMED[type]).flatMap(([type, all]) => all
    .filter((field) => !String(field["name"]).endsWith("TIMESTAMP") && NUMBERS.test(JSON.stringify(field["type"])))
    .map((field) => `SUM(${SUMMED[type]}.${String(field["name"])})`));
  const typed = fields.some(([type, all]) => type === "INTERACTIONS" && all.some((field) => field["name"] === "EVENT_TYPE"));
  return { expressions: [COUNT, ...sums], types, typed };
}

function fieldsOf(schema: string): Reply[] {
  try {
    return (JSON.parse(schema) as { fields: Reply[] }).fields;
  } catch {
    return [];
  }
}

export function Impact({ group }: { group: Group }) {
  const asked = useAsked(`attribution ${group.arn}`, () => counted(group), (data) => underWay(data?.attribution["status"]));
  const known = useAsked(`setting ${group.arn}`, () => setting(group));
  const types = known.data?.types ?? [];
  const bases = useAsked(known.data ? `ground ${group.arn}` : null, () => ground(group, types));
  const { data } = asked;
  return (
    <>
      <h1>Impact</h1>
      <Problem error={asked.error ?? known.error ?? bases.error} again={() => { asked.again(); known.again(); bases.again(); }} />
      {(asked.loading || known.loading) && <Loading what="what is counted" />}
      {data === null && bases.data && <New group={group} ground={bases.data} onDone={asked.again} />}
      {data?.attribution["status"] === "ACTIVE" && known.data && <Figures group={group} of={data} setting={known.data} />}
      {data && bases.data && <Attribution of={data} ground={bases.data} again={asked.again} />}
      {known.data && <Weights group={group} sources={known.data.sources} types={types} />}
    </>
  );
}
