/** What of a dataset group can be asked: campaigns and recommenders, filters, the tracker, and what the data have. */
import { ask, every, type Reply } from "./api";
import { underWay } from "./asking";
import type { Group } from "./group";
import { columnsOf, type Column } from "./screens/asked";
import type { Source } from "./screens/list";
import { nameOf } from "./ui";

export interface Setting {
  sources: Source[];
  filters: Reply[];
  trackingId: string;
  types: string[];
  columns: Column[];
  /** There is more to come. */
  pending: boolean;
}

export async function setting(group: Group): Promise<Setting> {
  const of = { datasetGroupArn: group.arn };
  const [solutions, recommenders, filters, trackers, insights] = await Promise.all([
    every("ListSolutions", "solutions", of), every("ListRecommenders", "recommenders", of), every("ListFilters", "Filters", of),
    every("ListEventTrackers", "eventTrackers", of), ask("GetDataInsights", of).catch((): Reply => ({})),
  ]);
  const campaigns = (await Promise.all(solutions.map(async (solution) => {
    const list = await every("ListCampaigns", "campaigns", { solutionArn: String(solution["solutionArn"]) });
    const active = list.filter((each) => each["status"] === "ACTIVE");
    return Promise.all(active.map((each) => campaignOf(String(each["campaignArn"]), nameOf(solution["recipeArn"]))));
  }))).flat();
  const uses = recommenders.filter((each) => each["status"] === "ACTIVE").map((each): Source => ({
    arn: String(each["recommenderArn"]), name: String(each["name"]), recipe: nameOf(each["recipeArn"]), member: "recommenderArn",
  }));
  const active = trackers.find((each) => each["status"] === "ACTIVE");
  const tracker = active && (await ask("DescribeEventTracker", { eventTrackerArn: String(active["eventTrackerArn"]) }));
  const described = await Promise.all(filters.filter((each) => each["status"] === "ACTIVE").map((each) => ask("DescribeFilter", { filterArn: String(each["filterArn"]) })));
  return {
    sources: [...campaigns, ...uses], filters: described.map((each) => each["filter"] as Reply),
    trackingId: String((tracker?.["eventTracker"] as Reply | undefined)?.["trackingId"] ?? ""), types: typesOf(insights), columns: columnsOf(insights),
    pending: [...trackers, ...filters].some((each) => underWay(each["status"])),
  };
}

async function campaignOf(arn: string, recipe: string): Promise<Source> {
  if (recipe) return { arn, name: nameOf(arn), recipe, member: "campaignArn" };
  const campaign = (await ask("DescribeCampaign", { campaignArn: arn }))["campaign"] as Reply;
  const version = (await ask("DescribeSolutionVersion", { solutionVersionArn: String(campaign["solutionVersionArn"]) }))["solutionVersion"] as Reply;
  return { arn, name: nameOf(arn), recipe: nameOf(version["recipeArn"]), member: "campaignArn" };
}

function typesOf(insights: Reply): string[] {
  const interactions = ((insights["datasets"] ?? []) as Reply[]).find((each) => each["datasetType"] === "INTERACTIONS");
  const types = ((interactions?.["eventTypes"] ?? []) as Reply[]).map((each) => String(each["eventType"] ?? "")).filter(Boolean);
  return types.length ? types : ["click"];
}
