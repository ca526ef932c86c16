/** A dataset group by its name, and the ARNs of what is in it. */
import { ask, every, type Reply } from "./api";
import { connection } from "./connection";

/** Return the ARN of a thing by its name, made as the service makes it. */
export function arnOf(kind: string, name: string): string {
  const { region, account } = connection.value;
  return `${base.value || `arn:aws:personalize:${region}:${account}`}:${kind}/${name}`;
}

/** What all ARNs of this service begin with, once one was seen. */
const base = { value: "" };

export function learnBase(arn: string): void {
  base.value = arn.split(":").slice(0, 5).join(":");
}

/** Whether ARNs can be told: an empty deployment that was named under Settings has not said its account yet. */
export function tellsArns(): boolean {
  return Boolean(base.value || connection.value.account);
}

export interface Group {
  name: string;
  arn: string;
  status: string;
  domain: string;
}

export async function groups(): Promise<Reply[]> {
  const all = await every("ListDatasetGroups", "datasetGroups");
  const [first] = all;
  learnBase(String(first?.["datasetGroupArn"] ?? ""));
  return all.sort((one, other) => Number(other["creationDateTime"]) - Number(one["creationDateTime"]));
}

/** Return a dataset group, or raise what says that there is none. */
export async function groupNamed(name: string): Promise<Group> {
  const found = (await groups()).find((each) => each["name"] === name);
  const arn = found ? String(found["datasetGroupArn"]) : arnOf("dataset-group", name);
  const group = (await ask("DescribeDatasetGroup", { datasetGroupArn: arn }))["datasetGroup"] as Reply;
  return { name, arn, status: String(group["status"]), domain: String(group["domain"] ?? "") };
}

/** Everything of a dataset group that its overview shows. */
export interface Contents {
  datasets: Reply[];
  imports: Reply[];
  solutions: Reply[];
  versions: Reply[];
  campaigns: Reply[];
  recommenders: Reply[];
  filters: Reply[];
  trackers: Reply[];
}

export async function contents(group: Group): Promise<Contents> {
  const of = { datasetGroupArn: group.arn };
  const [datasets, solutions, recommenders, filters, trackers] = await Promise.all([
    every("ListDatasets", "datasets", of), every("ListSolutions", "solutions", of),
    every("ListRecommenders", "recommenders", of), every("ListFilters", "Filters", of),
    every("ListEventTrackers", "eventTrackers", of),
  ]);
  const imports = (await Promise.all(datasets.map(async (each) => {
    const jobs = await every("ListDatasetImportJobs", "datasetImportJobs", { datasetArn: String(each["datasetArn"]) });
    return jobs.map((job): Reply => ({ ...job, type: String(each["datasetType"]).toUpperCase() }));
  }))).flat();
  const versions = (await Promise.all(solutions.map((each) =>
    every("ListSolutionVersions", "solutionVersions", { solutionArn: String(each["solutionArn"]) })))).flat();
  const own = await Promise.all(solutions.map((each) => every("ListCampaigns", "campaigns", { solutionArn: String(each["solutionArn"]) })));
  return {
    datasets, imports: newestFirst(imports), solutions: newestFirst(solutions), versions: newestFirst(versions),
    campaigns: newestFirst(own.flat()),
    recommenders: newestFirst(recommenders), filters: newestFirst(filters), trackers,
  };
}

export function newestFirst(list: Reply[]): Reply[] {
  return [...list].sort((one, other) => Number(other["creationDateTime"]) - Number(one["creationDateTime"]));
}
