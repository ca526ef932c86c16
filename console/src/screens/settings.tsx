/** Which service is asked, with which keys; deletions of users and their receipts. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { call, every, type Reply } from "../api";
import { underWay, useAsked } from "../asking";
import { chooseRegion, connect, connection, disconnect, keys } from "../connection";
import { useDraft } from "../drafts";
import { groups, newestFirst } from "../group";
import { markOf } from "../imports";
import { Plan } from "../plan";
import { door } from "../signin";
import { SignedIn } from "./signin";
import { Card, Choice, Facts, Field, Form, Note, Problem, Status, Table, When, nameOf } from "../ui";

export function Settings() {
  useEffect(() => {
    document.title = "Settings · Tastemaker";
  }, []);
  return (
    <>
      <h1>Settings</h1>
      {door.value ? <SignedIn /> : <Service />}
      <Quotas />
      <Deletions />
    </>
  );
}

function Service() {
  const { url, region, local } = connection.value;
  const [where, setWhere] = useDraft("url", local ? "" : url);
  const [area, setArea] = useDraft("region", region);
  const [id, setId] = useDraft("id", "");
  // These two are in one place and no other.
  const [secret, setSecret] = useState("");
  const [token, setToken] = useState("");
  const use = (): void => {
    if (!where) {
      disconnect();
      chooseRegion(area);
    } else {
      connect(where, area, { accessKeyId: id, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}) });
    }
  };
  return (
    <Card title="Service">
      <Facts of={[["Now", <code>{url}</code>], ["Region", region], ["Requests", local ? "local mode: any keys will do" : keys.value ? `signed for execute-api with ${keys.value.accessKeyId}` : "keys are missing"]]} />
      <Form onSubmit={use}>
        <div class="pair">
          <Field label="URL of a deployment" value={where} onChange={setWhere} type="url" placeholder="https://….execute-api.us-east-1.amazonaws.com/prod" hint="Its output ApiUrl; empty for the service that serves this page. The deployment must name this page's origin in tastemaker:cors_origins." />
          <Field label="Region" value={area} onChange={setArea} required />
          {where && <Field label="Access key id" value={id} onChange={setId} required autocomplete="off" />}
          {where && <Field label="Secret access key" value={secret} onChange={setSecret} type="password" required autocomplete="off" />}
          {where && <Field label="Session token" value={token} onChange={setToken} type="password" autocomplete="off" />}
        </div>
        {where && <Note>Keys stay in this page's memory and are gone when it is closed. Use temporary ones that allow execute-api:Invoke and nothing else.</Note>}
        <button type="submit" class="primary">Use it</button>
      </Form>
    </Card>
  );
}

const COUNTED: [string, string, string, number][] = [
  ["Dataset groups", "ListDatasetGroups", "datasetGroups", 5], ["Schemas", "ListSchemas", "schemas", 500],
  ["Solutions", "ListSolutions", "solutions", 10], ["Campaigns", "ListCampaigns", "campaigns", 5],
  ["Recommenders", "ListRecommenders", "recommenders", 10], ["Filters", "ListFilters", "Filters", 10],
];

function Quotas() {
  const { url, region } = connection.value;
  const asked = useAsked(`usage ${url} ${region}`, () => Promise.all(COUNTED.map(async ([, operation, member]) => (await every(operation, member)).length)));
  return (
    <Card title="Quotas">
      <Problem error={asked.error} />
      {asked.data && <Table caption="Quotas" head={["", "In use", "AWS's default"]} rows={COUNTED.map(([name, , , most], at) => [name, String(asked.data?.[at]), `${most}${["Solutions", "Recommenders", "Filters"].includes(name) ? " in a dataset group" : ""}`])} />}
      <p class="hint">A service may have others: <code>tastemaker local --quota campaigns=20</code>, or tastemaker:quotas of a deployment (docs/quotas.md).</p>
    </Card>
  );
}

interface Deletion {
  job: Reply;
  receipt: string;
}

async function deletions(): Promise<Deletion[]> {
  const jobs = newestFirst(await every("ListDataDeletionJobs", "dataDeletionJobs")).slice(0, 20);
  return Promise.all(jobs.map(async (each) => {
    const { reply, headers } = await call("DescribeDataDeletionJob", { dataDeletionJobArn: String(each["dataDeletionJobArn"]) });
    return { job: reply["dataDeletionJob"] as Reply, receipt: headers.get("x-tastemaker-receipt") ?? "" };
  }));
}

function Deletions() {
  const asked = useAsked(`deletions ${connection.value.url} ${connection.value.region}`, deletions, (all) => all.some((each) => underWay(each.job["status"])));
  const known = useAsked(`groups ${connection.value.url} ${connection.value.region}`, groups);
  const [group, setGroup] = useDraft("group", "");
  const [place, setPlace] = useDraft("place", "");
  const [role, setRole] = useDraft("role", "");
  const chosen = group || String(known.data?.[0]?.["datasetGroupArn"] ?? "");
  const mark = useMemo(markOf, [asked.data]);
  const members = { jobName: `deletion-${mark}`, datasetGroupArn: chosen, dataSource: { dataLocation: place }, roleArn: role };
  return (
    <Card title="Deletion of users">
      <Problem error={asked.error} again={asked.again} />
      {asked.data && asked.data.length > 0 && <Table caption="Deletion jobs" head={["Name", "Status", "Deleted", "Made", "Receipt"]} rows={asked.data.map(({ job, receipt }) => [
        nameOf(job["dataDeletionJobArn"]), <><Status status={job["status"]} />{job["failureReason"] && <p class="hint">{String(job["failureReason"])}</p>}</>,
        String(job["numDeleted"] ?? ""), <When at={job["creationDateTime"]} />, <code>{receipt}</code>,
      ])} />}
      {asked.data && !asked.data.length && <p>No deletion job yet. One takes a CSV file of USER_IDs and removes all that those users did.</p>}
      {known.data && known.data.length > 0 && (
        <Form onSubmit={() => undefined}>
          <div class="pair">
            <Choice label="Dataset group" value={chosen} onChange={setGroup} options={known.data.map((each) => [String(each["datasetGroupArn"]), String(each["name"])])} />
            <Field label="List of users" value={place} onChange={setPlace} required placeholder="s3://bucket/users.csv" />
            <Field label="Role that may read it" value={role} onChange={setRole} required placeholder="arn:aws:iam::123456789012:role/reader" />
          </div>
          <Plan danger label="Delete these users' data" disabled={!place || !role} onDone={() => { setPlace(""); asked.again(); }} steps={[{ title: "Deletion", operation: "CreateDataDeletionJob", members }]} />
        </Form>
      )}
    </Card>
  );
}
