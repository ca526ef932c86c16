/** Batch jobs and exports of a dataset group: how they stand, where their results are, and one more. */
import { call, every, type Reply } from "../api";
import { underWay, useAsked } from "../asking";
import { newestFirst, type Group } from "../group";
import { route, to } from "../router";
import { Copy, Empty, Loading, Problem, Progress, Status, Table, When, nameOf, progressOf } from "../ui";
import { Batch, Export, answersBatches, segments, type Version } from "./batch";
import { Results, resultOf } from "./results";

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

interface Found {
  jobs: Job[];
  datasets: Reply[];
  versions: Version[];
  filters: Reply[];
}

async function jobs(group: Group): Promise<Found> {
  const datasets = await every("ListDatasets", "datasets", { datasetGroupArn: group.arn });
  const filters = await every("ListFilters", "Filters", { datasetGroupArn: group.arn });
  const solutions = await every("ListSolutions", "solutions", { datasetGroupArn: group.arn });
  const own = [...solutions.map((each) => String(each["solutionArn"])), ...datasets.map((each) => String(each["datasetArn"]))];
  const all = await Promise.all(KINDS.map(async (kind): Promise<Job[]> => {
    const list = newestFirst(await every(kind.list, kind.member)).slice(0, 100);
    const described = await Promise.all(list.slice(0, SHOWN).map((each) => call(kind.describe, { [kind.arn]: String(each[kind.arn]) })));
    return described.map(({ reply, headers }) => ({ kind, job: reply[kind.one] as Reply, progress: progressOf(headers) }));
  }));
  const isOwn = ({ job }: Job): boolean => own.some((arn) => String(job["solutionVersionArn"] ?? job["datasetArn"] ?? "").startsWith(arn));
  return {
    jobs: newest(all.flat().filter(isOwn)), datasets, versions: (await Promise.all(solutions.map(versionsOf))).flat(),
    filters: filters.filter((each) => each["status"] === "ACTIVE"),
  };
}

function newest(all: Job[]): Job[] {
  return all.sort((one, other) => Number(other.job["creationDateTime"]) - Number(one.job["creationDateTime"]));
}

/** Return the versions of a solution that can answer; AutoML's say themselves which recipe was chosen. */
async function versionsOf(solution: Reply): Promise<Version[]> {
  const all = newestFirst(await every("ListSolutionVersions", "solutionVersions", { solutionArn: String(solution["solutionArn"]) }));
  const active = all.filter((each) => each["status"] === "ACTIVE").map((each) => String(each["solutionVersionArn"]));
  return Promise.all(active.map(async (arn) => {
    const recipe = solution["recipeArn"] ?? (await call("DescribeSolutionVersion", { solutionVersionArn: arn })).reply["solutionVersion"]["recipeArn"];
    return { arn, recipe: nameOf(recipe) };
  }));
}

function ofSegments({ recipe }: Version): boolean {
  return segments(recipe);
}

export function Jobs({ group }: { group: Group }) {
  const asked = useAsked(`jobs ${group.arn}`, () => jobs(group), (data) => data.jobs.some((each) => underWay(each.job["status"])));
  const { data } = asked;
  const finished = (data?.jobs ?? []).filter((each) => each.job["status"] === "ACTIVE");
  const shown = finished.find(({ kind, job }) => job[kind.arn] === route.value.query.get("show")) ?? finished[0];
  return (
    <>
      <h1>Jobs</h1>
      <Problem error={asked.error} again={asked.again} />
      {asked.loading && <Loading what="batch jobs and exports" />}
      {data && !data.jobs.length && <Empty title="No batch job and no export yet."><p>A batch job answers many users or items at once, or finds the users for a segment. An export writes a dataset back to S3 as CSV.</p></Empty>}
      {data && data.jobs.length > 0 && <Table caption="Jobs" head={["Kind", "Name", "Status", "Result", "Made"]} rows={data.jobs.map(({ kind, job, progress }) => [
        kind.title, nameOf(job[kind.arn]),
        <><Status status={job["status"]} />{underWay(job["status"]) && progress && <Progress share={progress.share} text={progress.text} />}{job["failureReason"] && <p class="hint">{String(job["failureReason"])}</p>}</>,
        <><code>{resultOf(job)}</code> <Copy text={resultOf(job)} label="Copy the place" />{job["status"] === "ACTIVE" && <> <a href={to("g", group.name, "jobs", { show: String(job[kind.arn]) })}>First lines</a></>}</>, <When at={job["creationDateTime"]} />,
      ])} />}
      {shown && <Results key={String(shown.job[shown.kind.arn])} name={nameOf(shown.job[shown.kind.arn])} job={shown.job} />}
      {data && data.versions.some(answersBatches) && <Batch kind="inference" group={group} versions={data.versions.filter(answersBatches)} filters={data.filters} onDone={asked.again} />}
      {data && data.versions.some(ofSegments) && <Batch kind="segment" group={group} versions={data.versions.filter(ofSegments)} filters={data.filters} onDone={asked.again} />}
      {data && !data.versions.length && <p class="hint">Batch jobs need a trained version: <a href={to("g", group.name, "train")}>train one</a>.</p>}
      {data && data.datasets.length > 0 && <Export of={data.datasets} onDone={asked.again} />}
    </>
  );
}
