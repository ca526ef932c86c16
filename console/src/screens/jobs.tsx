/** Batch jobs and exports of a dataset group: how they stand, and one more export. */
import { useState } from "preact/hooks";
import { call, every, type Reply } from "../api";
import { underWay, useAsked } from "../asking";
import { newestFirst, type Group } from "../group";
import { markOf } from "../imports";
import { Plan } from "../plan";
import { Card, Choice, Empty, Field, Form, Loading, Note, Problem, Progress, Status, Table, When, nameOf, progressOf } from "../ui";

interface Kind {
  title: string;
  list: string;
  member: string;
  describe: string;
  one: string;
  arn: string;
}

const KINDS: Kind[] = [
  { title: "Batch inference", list: "ListBatchInferenceJobs", member: "batchInferenceJobs", describe: "DescribeBatchInferenceJob", one: "batchInferenceJob", arn: "batchInferenceJobArn" },
  { title: "Batch segments", list: "ListBatchSegmentJobs", member: "batchSegmentJobs", describe: "DescribeBatchSegmentJob", one: "batchSegmentJob", arn: "batchSegmentJobArn" },
  { title: "Export", list: "ListDatasetExportJobs", member: "datasetExportJobs", describe: "DescribeDatasetExportJob", one: "datasetExportJob", arn: "datasetExportJobArn" },
];
const SHOWN = 20;

interface Job {
  kind: Kind;
  job: Reply;
  progress: { share: number; text: string } | null;
}

async function jobs(group: Group): Promise<{ jobs: Job[]; datasets: Reply[] }> {
  const datasets = await every("ListDatasets", "datasets", { datasetGroupArn: group.arn });
  const solutions = await every("ListSolutions", "solutions", { datasetGroupArn: group.arn });
  const own = [...solutions.map((each) => String(each["solutionArn"])), ...datasets.map((each) => String(each["datasetArn"]))];
  const all = await Promise.all(KINDS.map(async (kind): Promise<Job[]> => {
    const list = newestFirst(await every(kind.list, kind.member)).slice(0, 100);
    const described = await Promise.all(list.slice(0, SHOWN).map((each) => call(kind.describe, { [kind.arn]: String(each[kind.arn]) })));
    return described.map(({ reply, headers }) => ({ kind, job: reply[kind.one] as Reply, progress: progressOf(headers) }));
  }));
  const isOwn = ({ job }: Job): boolean => own.some((arn) => String(job["solutionVersionArn"] ?? job["datasetArn"] ?? "").startsWith(arn));
  return { jobs: all.flat().filter(isOwn), datasets };
}

export function Jobs({ group }: { group: Group }) {
  const asked = useAsked(`jobs ${group.arn}`, () => jobs(group), (data) => data.jobs.some((each) => underWay(each.job["status"])));
  const { data } = asked;
  return (
    <>
      <h1>Jobs</h1>
      <Problem error={asked.error} again={asked.again} />
      {asked.loading && <Loading what="batch jobs and exports" />}
      {data && !data.jobs.length && <Empty title="No batch job and no export yet."><p>An export writes a dataset back to S3 as CSV. Batch jobs answer many users at once; docs/batch.md shows how to start one.</p></Empty>}
      {data && data.jobs.length > 0 && <Table caption="Jobs" head={["Kind", "Name", "Status", "Made"]} rows={data.jobs.map(({ kind, job, progress }) => [
        kind.title, nameOf(job[kind.arn]),
        <><Status status={job["status"]} />{underWay(job["status"]) && progress && <Progress share={progress.share} text={progress.text} />}{job["failureReason"] && <p class="hint">{String(job["failureReason"])}</p>}</>,
        <When at={job["creationDateTime"]} />,
      ])} />}
      {data && data.datasets.length > 0 && <Export of={data.datasets} onDone={asked.again} />}
    </>
  );
}

function Export({ of, onDone }: { of: Reply[]; onDone: () => void }) {
  const [dataset, setDataset] = useState(String(of[0]?.["datasetArn"]));
  const [kind, setKind] = useState("ALL");
  const [path, setPath] = useState("");
  const [role, setRole] = useState("");
  const members = {
    jobName: `export-${markOf()}`, datasetArn: dataset, ingestionMode: kind, roleArn: role, jobOutput: { s3DataDestination: { path } },
  };
  return (
    <Card title="Export a dataset">
      <Form onSubmit={() => undefined}>
        <div class="pair">
          <Choice label="Dataset" value={dataset} onChange={setDataset} options={of.map((each) => [String(each["datasetArn"]), String(each["name"])])} />
          <Choice label="Records" value={kind} onChange={setKind} options={[["ALL", "all"], ["BULK", "imported"], ["PUT", "put one by one"]]} />
          <Field label="To" value={path} onChange={setPath} required placeholder="s3://bucket/folder/" />
          <Field label="Role that may write there" value={role} onChange={setRole} required placeholder="arn:aws:iam::123456789012:role/exporter" />
        </div>
        <Note>The role must exist and trust the service (docs/data.md); in local mode make it with the IAM of the same URL.</Note>
        <Plan label="Export" disabled={!path || !role} onDone={onDone} steps={[{ title: "Export", operation: "CreateDatasetExportJob", members }]} />
      </Form>
    </Card>
  );
}
