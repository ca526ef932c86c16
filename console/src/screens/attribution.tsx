/** The metric attribution of a dataset group: made, changed, deleted. */
import type { Members, Reply } from "../api";
import { connection } from "../connection";
import { useDraft } from "../drafts";
import type { Group } from "../group";
import { Plan } from "../plan";
import { to } from "../router";
import { Card, Choice, Code, Empty, Facts, Field, Form, Note, Status, Table, When } from "../ui";
import type { Counted, Ground } from "./impact";

interface Metric {
  metricName: string;
  eventType: string;
  expression: string;
}

const MOST = 10; // metrics of an attribution

export function New({ group, ground, onDone }: { group: Group; ground: Ground; onDone: () => void }) {
  const [name, setName] = useDraft("name", "");
  const [metrics, setMetrics] = useDraft<Metric[]>("metrics", [first(ground)]);
  const [role, setRole] = useDraft("role", "");
  const [path, setPath] = useDraft("path", "");
  const chosen = name || group.name;
  const members = { name: chosen, datasetGroupArn: group.arn, metrics: metrics as unknown as Members[], metricsOutputConfig: outputOf(role, path) };
  const until: [string, Members, string] = ["DescribeMetricAttribution", { metricAttributionArn: `${group.arn.split(":").slice(0, 5).join(":")}:metric-attribution/${chosen}` }, "metricAttribution"];
  return (
    <Card title="What do recommendations bring?">
      <Empty title="A metric attribution counts what users do, by what had led them to it.">
        <p>Its metrics count events of a type, or add up a column: watches, or the prices of what was bought. Each event is the merit of</p>
        <ol>
          <li>the source that it names itself, as <code>eventAttributionSource</code>: a newsletter, a search;</li>
          <li>or the campaign or recommender whose answer its <code>recommendationId</code> names;</li>
          <li>or of nobody: <code>SOURCE_NAME_UNDEFINED</code>.</li>
        </ol>
        <p class="hint">What was recorded before it was made does not count. docs/attribution.md has the rest.</p>
      </Empty>
      {!ground.typed
        ? <Note kind="warn">Metrics count events of a type, so the schema of Interactions must have EVENT_TYPE. <a href={to("g", group.name, "data")}>Import interactions with it</a> first.</Note>
        : (
          <Form onSubmit={() => undefined}>
            {metrics.map((metric, at) => (
              <fieldset key={at}>
                <legend>Metric {at + 1}</legend>
                <Fields needed of={metric} ground={ground} onChange={(next) => setMetrics(metrics.map((each, place) => (place === at ? next : each)))} />
                {metrics.length > 1 && <button type="button" class="small" onClick={() => setMetrics(metrics.filter((_, place) => place !== at))}>Leave metric {at + 1} out</button>}
              </fieldset>
            ))}
            {metrics.length < MOST && <button type="button" class="small" onClick={() => setMetrics([...metrics, { ...first(ground), metricName: "" }])}>One more metric</button>}
            <div class="pair">
              <Field label="Name" value={name} onChange={setName} placeholder={chosen} hint="of the attribution; a dataset group has one" />
              <Output role={role} setRole={setRole} path={path} setPath={setPath} />
            </div>
            <MakeRole path={path} />
            <Plan label="Begin to count" disabled={!role || !metrics.every(whole)} onDone={onDone} steps={[{ title: "Metric attribution", operation: "CreateMetricAttribution", members, until }]} />
          </Form>
        )}
    </Card>
  );
}

function first(ground: Ground): Metric {
  const [type = "click"] = ground.types;
  return { metricName: `${type}${/(s|sh|ch|x)$/i.test(type) ? "es" : "s"}`, eventType: type, expression: ground.expressions[0] ?? "" };
}

function whole(metric: Metric): boolean {
  return Boolean(metric.metricName && metric.eventType && metric.expression);
}

function outputOf(role: string, path: string): Members {
  return { roleArn: role, ...(path ? { s3DataDestination: { path } } : {}) };
}

function Fields({ of, ground, onChange, needed = false }: { of: Metric; ground: Ground; onChange: (metric: Metric) => void; needed?: boolean }) {
  return (
    <div class="pair quad">
      <Field label="Metric's name" value={of.metricName} onChange={(metricName) => onChange({ ...of, metricName })} required={needed} placeholder="revenue" />
      <Field label="Event type" value={of.eventType} onChange={(eventType) => onChange({ ...of, eventType })} required={needed} list="counted-types" />
      <Choice label="How" value={of.expression} onChange={(expression) => onChange({ ...of, expression })} options={ground.expressions.map((each) => [each, wordsOf(each)])} />
      <datalist id="counted-types">{ground.types.map((each) => <option key={each} value={each} />)}</datalist>
    </div>
  );
}

function wordsOf(expression: string): string {
  return expression === "SAMPLECOUNT()" ? "count them" : `add up ${expression.slice(4, -1)}`;
}

function Output({ role, setRole, path, setPath }: { role: string; setRole: (text: string) => void; path: string; setPath: (text: string) => void }) {
  return (
    <>
      <Field label="Role that puts the figures" value={role} onChange={setRole} required placeholder={`arn:aws:iam::${connection.value.account || "123456789012"}:role/metrics`} hint="to CloudWatch, namespace Personalize" />
      <Field label="Reports of imports to" value={path} onChange={setPath} placeholder="s3://bucket/folder/" hint="Empty: none. An import job asks for one with publishAttributionMetricsToS3." />
    </>
  );
}

/** Local mode has an IAM of its own, which is empty at first. */
function MakeRole({ path }: { path: string }) {
  const { url, local } = connection.value;
  if (!local) return <p class="hint">The role must trust the stack's TaskRoleArn; docs/deploy.md has its policy, and a program that makes it.</p>;
  const trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"personalize.amazonaws.com"},"Action":"sts:AssumeRole"}]}';
  const place = path.replace(/^s3:\/\//, "").replace(/\/$/, "") || "bucket/folder";
  const rights = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cloudwatch:PutMetricData","Resource":"*"},{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::${place}/*"}]}`;
  const aws = `aws --region ${connection.value.region} --endpoint-url ${url} iam`;
  const lines = [
    "export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local",
    `${aws} create-role --role-name metrics --assume-role-policy-document '${trust}' --query Role.Arn --output text`,
    `${aws} put-role-policy --role-name metrics --policy-name metrics --policy-document '${rights}'`,
  ];
  return <details class="same"><summary>There is no such role yet: make it</summary><Code label="Shell" text={lines.join("\n")} /></details>;
}

export function Attribution({ of: { attribution, metrics }, ground, again }: { of: Counted; ground: Ground; again: () => void }) {
  const arn = String(attribution["metricAttributionArn"]);
  const output = attribution["metricsOutputConfig"] as Reply;
  const path = (output["s3DataDestination"] as Reply | undefined)?.["path"];
  return (
    <Card title={`Attribution ${String(attribution["name"])}`} side={<Status status={attribution["status"]} />}>
      {attribution["failureReason"] && <Note kind="warn">{String(attribution["failureReason"])}</Note>}
      <Facts of={[
        ["ARN", <code>{arn}</code>], ["Figures by", <code>{String(output["roleArn"])}</code>], ["Reports to", path ? <code>{String(path)}</code> : "nowhere"],
        ["Made", <When at={attribution["creationDateTime"]} />], ["Changed", attribution["lastUpdatedDateTime"] !== attribution["creationDateTime"] && <When at={attribution["lastUpdatedDateTime"]} />],
      ]} />
      <Table caption="Metrics" head={["Metric", "Event type", "Expression"]} rows={metrics.map((each) => [String(each["metricName"]), String(each["eventType"]), <code>{String(each["expression"])}</code>])} />
      <Change arn={arn} metrics={metrics} role={String(output["roleArn"])} path={String(path ?? "")} ground={ground} again={again} />
      <details class="same"><summary>Delete it</summary>
        <Form onSubmit={() => undefined}>
          <p class="hint">Nothing is counted any more. The figures here go with it; those in CloudWatch and in reports stay.</p>
          <Plan danger label="Delete it" onDone={again} steps={[{ title: "Delete", operation: "DeleteMetricAttribution", members: { metricAttributionArn: arn } }]} />
        </Form>
      </details>
    </Card>
  );
}

const NONE: Metric = { metricName: "", eventType: "", expression: "SAMPLECOUNT()" };

function Change({ arn, metrics, role, path, ground, again }: { arn: string; metrics: Reply[]; role: string; path: string; ground: Ground; again: () => void }) {
  const [added, setAdded] = useDraft<Metric>("added", NONE);
  const [removed, setRemoved] = useDraft("removed", "");
  const [nextRole, setRole] = useDraft("next role", role);
  const [nextPath, setPath] = useDraft("next path", path);
  const adds = whole(added);
  const moves = nextRole !== role || nextPath !== path;
  const members = {
    metricAttributionArn: arn, ...(adds ? { addMetrics: [{ ...added }] } : {}), ...(removed ? { removeMetrics: [removed] } : {}),
    ...(moves ? { metricsOutputConfig: outputOf(nextRole, nextPath) } : {}),
  };
  const done = (): void => { setAdded(NONE); setRemoved(""); again(); };
  return (
    <details class="same"><summary>Change it</summary>
      <Form onSubmit={() => undefined}>
        <fieldset>
          <legend>A metric more</legend>
          <Fields of={added} ground={ground} onChange={setAdded} />
        </fieldset>
        <div class="pair">
          <Choice label="A metric less" value={removed} onChange={setRemoved} options={[["", "none"], ...metrics.map((each): [string, string] => [String(each["metricName"]), String(each["metricName"])])]} hint="what it has counted stays" />
          <Output role={nextRole} setRole={setRole} path={nextPath} setPath={setPath} />
        </div>
        <Plan label="Change it" disabled={!(adds || removed || moves) || !nextRole} onDone={done} steps={[{ title: "Change", operation: "UpdateMetricAttribution", members }]} />
      </Form>
    </details>
  );
}
