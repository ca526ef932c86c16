/** Home: the dataset groups, what is in them, and the first step where there is nothing yet. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { every, type Reply } from "../api";
import { underWay, useAsked } from "../asking";
import { connection } from "../connection";
import { headOf, schemaOf } from "../csv";
import { useDraft } from "../drafts";
import { arnOf, groups, tellsArns, type Group } from "../group";
import { markOf, stepsOf, usualBucket } from "../imports";
import { Plan, type Step } from "../plan";
import { go, to } from "../router";
import { sample } from "../sample";
import { Card, Choice, Empty, Field, Form, Loading, Note, Problem, Status, Table, When } from "../ui";

const SAMPLE = "films";

interface Everything {
  groups: Reply[];
  running: Reply[];
  failed: Reply[];
}

async function everything(): Promise<Everything> {
  const [all, versions, campaigns] = await Promise.all([
    groups(), every("ListSolutionVersions", "solutionVersions"), every("ListCampaigns", "campaigns"),
  ]);
  const jobs = [...versions, ...campaigns];
  return {
    groups: all,
    running: jobs.filter((each) => underWay(each["status"])),
    failed: jobs.filter((each) => String(each["status"]).includes("FAILED")),
  };
}

export function Home() {
  const { url, region } = connection.value;
  const asked = useAsked(`home ${url} ${region}`, everything, (data) => data.running.length > 0 || data.groups.some((each) => underWay(each["status"])));
  useEffect(() => {
    document.title = "Tastemaker";
  }, []);
  const { data } = asked;
  return (
    <>
      <h1>Dataset groups</h1>
      <Problem error={asked.error} again={asked.again} />
      {!data && !asked.error && <Loading what="the dataset groups" />}
      {data && data.groups.length > 0 && <Groups all={data.groups} />}
      {data && data.running.length + data.failed.length > 0 && <Jobs running={data.running} failed={data.failed} />}
      {data && <Begin first={data.groups.length === 0} taken={data.groups.map((each) => String(each["name"]))} />}
    </>
  );
}

function Groups({ all }: { all: Reply[] }) {
  return (
    <Table caption="Dataset groups" head={["Name", "Domain", "Status", "Made"]} rows={all.map((group) => [
      <a href={to("g", String(group["name"]))}><strong>{String(group["name"])}</strong></a>,
      String(group["domain"] ?? "custom").toLowerCase(), <Status status={group["status"]} />, <When at={group["creationDateTime"]} />,
    ])} />
  );
}

function Jobs({ running, failed }: { running: Reply[]; failed: Reply[] }) {
  const rows = [...running, ...failed].slice(0, 8).map((each) => [
    String(each["solutionVersionArn"] ?? each["campaignArn"]).split(":")[5] ?? "", <Status status={each["status"]} />,
    String(each["failureReason"] ?? ""),
  ]);
  return <Card title="Running and failed"><Table caption="Running and failed" head={["What", "Status", "Why"]} rows={rows} /></Card>;
}

function Begin({ first, taken }: { first: boolean; taken: string[] }) {
  return (
    <>
      {first && (
        <Empty title="Nothing is here yet. From data to recommendations are five steps:">
          <ol class="journey">
            <li>A <strong>dataset group</strong> holds all that belongs together.</li>
            <li><strong>Data</strong>: who did what with which item, and when, as a CSV file.</li>
            <li><strong>Train</strong> a recipe on it, or let AutoML choose one.</li>
            <li><strong>Serve</strong> the version by a campaign.</li>
            <li><strong>Test</strong> it: ask for a user, send an event, see the list change.</li>
          </ol>
        </Empty>
      )}
      <div class="pair">
        {!taken.includes(SAMPLE) && tellsArns() && <WithSample />}
        <OfYourOwn taken={taken} first={first} />
      </div>
    </>
  );
}

function WithSample() {
  const [steps, setSteps] = useState<Step[] | null>(null);
  useEffect(() => {
    void sampleSteps().then(setSteps);
  }, []);
  const files = useMemo(() => (steps ?? []).flatMap(({ body }) => (body instanceof File ? [{ name: body.name, href: URL.createObjectURL(body) }] : [])), [steps]);
  return (
    <Card title="Start with made-up films">
      <p>240 films, 500 people and some 12,000 views that the browser makes up: enough to try everything.</p>
      {steps && <Form onSubmit={() => undefined}><Plan steps={steps} label="Load the films" onDone={() => go("g", SAMPLE)} /></Form>}
      {steps && <p class="hint">The code takes {files.map((file, at) => <>{at > 0 && " and "}<a download={file.name} href={file.href}>{file.name}</a></>)} from the folder in which it runs.</p>}
    </Card>
  );
}

async function sampleSteps(): Promise<Step[]> {
  const { interactions, items } = sample();
  const group: Group = { name: SAMPLE, arn: arnOf("dataset-group", SAMPLE), status: "", domain: "" };
  const mark = markOf();
  const common = { group, bucket: usualBucket() || `tastemaker-films-${mark}`, mode: "FULL" as const, roleArn: "", mark };
  return [
    groupStep(SAMPLE, ""),
    ...stepsOf({ ...common, type: "Items", file: items, schema: schemaOf(await headOf(items), "Items") }),
    ...stepsOf({ ...common, type: "Interactions", file: interactions, schema: schemaOf(await headOf(interactions), "Interactions") }),
  ];
}

function groupStep(name: string, domain: string): Step {
  return {
    title: `Dataset group ${name}`, operation: "CreateDatasetGroup", members: { name, domain },
    reuses: true,
    ...(tellsArns() ? { until: ["DescribeDatasetGroup", { datasetGroupArn: arnOf("dataset-group", name) }, "datasetGroup"] } : {}),
  };
}

function OfYourOwn({ taken, first }: { taken: string[]; first: boolean }) {
  const [name, setName] = useDraft("name", "");
  const [domain, setDomain] = useDraft("domain", "");
  const steps = useMemo(() => [groupStep(name, domain)], [name, domain]);
  return (
    <Card title={first ? "Start with data of your own" : "New dataset group"}>
      <Form onSubmit={() => undefined}>
        <Field label="Name" value={name} onChange={setName} required placeholder="shop" hint="Letters, digits, - and _" />
        <Choice label="Domain" value={domain} onChange={setDomain} hint="A domain has recommenders for its use cases; custom has every recipe." options={[["", "Custom"], ["ECOMMERCE", "E-commerce"], ["VIDEO_ON_DEMAND", "Video on demand"]]} />
        {taken.includes(name) && <Note kind="warn">There is a dataset group of this name already.</Note>}
        <Plan steps={steps} label="Create it" disabled={!name || taken.includes(name)} onDone={() => { setName(""); go("g", name, "data"); }} />
      </Form>
    </Card>
  );
}
