/** What answers: campaigns of custom solutions, recommenders of domain groups. */
import { useMemo } from "preact/hooks";
import { ask, every, type Reply } from "../api";
import { underWay, useAsked } from "../asking";
import { among, useDraft } from "../drafts";
import { newestFirst, type Group } from "../group";
import { Plan } from "../plan";
import { remember, route, to } from "../router";
import { Card, Choice, Empty, Facts, Field, Form, Loading, Note, Problem, Status, Tick, When, nameOf } from "../ui";
import { segments } from "./batch";

interface Serving {
  campaigns: Reply[];
  recommenders: Reply[];
  versions: Reply[];
}

async function serving(group: Group): Promise<Serving> {
  const of = { datasetGroupArn: group.arn };
  const [solutions, recommenders] = await Promise.all([every("ListSolutions", "solutions", of), every("ListRecommenders", "recommenders", of)]);
  const parts = await Promise.all(solutions.map(async (each) => {
    const solution = { solutionArn: String(each["solutionArn"]) };
    // Of users of segments no campaign answers.
    const versions = segments(nameOf(each["recipeArn"])) ? [] : every("ListSolutionVersions", "solutionVersions", solution);
    return Promise.all([every("ListCampaigns", "campaigns", solution), versions]);
  }));
  const campaigns = await Promise.all(parts.flatMap(([list]) => list).map((each) => ask("DescribeCampaign", { campaignArn: String(each["campaignArn"]) })));
  const served = await Promise.all(recommenders.map((each) => ask("DescribeRecommender", { recommenderArn: String(each["recommenderArn"]) })));
  return {
    campaigns: newestFirst(campaigns.map((each) => each["campaign"] as Reply)),
    recommenders: newestFirst(served.map((each) => each["recommender"] as Reply)),
    versions: newestFirst(parts.flatMap(([, list]) => list)).filter((each) => each["status"] === "ACTIVE"),
  };
}

export function Serve({ group }: { group: Group }) {
  const asked = useAsked(`serving ${group.arn}`, () => serving(group), (data) =>
    [...data.campaigns, ...data.recommenders].some((each) => underWay(each["status"]) || underWay((each["latestCampaignUpdate"] as Reply | undefined)?.["status"])));
  const { data } = asked;
  return (
    <>
      <h1>Serve</h1>
      <Problem error={asked.error} again={asked.again} />
      {asked.loading && <Loading what="what serves" />}
      {data && group.domain && <NewRecommender group={group} taken={data.recommenders.map((each) => String(each["name"]))} onDone={asked.again} />}
      {data?.recommenders.map((each) => <Recommender key={String(each["recommenderArn"])} group={group} of={each} again={asked.again} />)}
      {data && !(group.domain && !data.versions.length) && <NewCampaign group={group} of={data} onDone={asked.again} />}
      {data?.campaigns.map((each) => <Campaign key={String(each["campaignArn"])} group={group} of={each} versions={data.versions} again={asked.again} />)}
    </>
  );
}

function NewCampaign({ group, of, onDone }: { group: Group; of: Serving; onDone: () => void }) {
  const taken = of.campaigns.map((each) => String(each["name"]));
  const wanted = route.value.query.get("version");
  const [version, setVersion] = useDraft(`version ${wanted}`, wanted ?? "");
  const [name, setName] = useDraft("name", "");
  const [follows, setFollows] = useDraft("follows", false);
  const [metadata, setMetadata] = useDraft("metadata", true);
  const arn = among(of.versions.map((each) => String(each["solutionVersionArn"])), version);
  const solution = arn.split("/").slice(0, -1).join("/");
  const chosen = name || free(nameOf(solution) || group.name, taken);
  const config = { ...(follows ? { syncWithLatestSolutionVersion: true } : {}), ...(metadata ? { enableMetadataWithRecommendations: true } : {}) };
  const members = {
    name: chosen, solutionVersionArn: follows ? `${solution}/$LATEST` : arn, minProvisionedTPS: 1,
    ...(Object.keys(config).length ? { campaignConfig: config } : {}),
  };
  if (!of.versions.length) {
    return <Empty title="A campaign answers with a version of a solution, and none is ACTIVE yet."><a class="button primary" href={to("g", group.name, "train")}>Train one</a></Empty>;
  }
  const form = (
    <Form onSubmit={() => undefined}>
      <div class="pair">
        <Choice label="Version" value={arn} onChange={setVersion} options={of.versions.map((each) => [String(each["solutionVersionArn"]), nameOf(each["solutionVersionArn"])])} />
        <Field label="Name" value={name} onChange={setName} placeholder={chosen} hint={taken.includes(chosen) ? "There is a campaign of this name already." : "Letters, digits, - and _"} />
      </div>
      <Tick label="Follow the newest version" hint="syncWithLatestSolutionVersion" value={follows} onChange={setFollows} />
      <Tick label="Items with their metadata" hint="enableMetadataWithRecommendations" value={metadata} onChange={setMetadata} />
      <Plan label="Create the campaign" disabled={taken.includes(chosen)} onDone={() => { setName(""); remember({ version: "" }); onDone(); }} steps={[{ title: "Campaign", operation: "CreateCampaign", members }]} />
    </Form>
  );
  return taken.length && !wanted ? <details class="card"><summary>New campaign</summary>{form}</details> : <Card title="New campaign">{form}</Card>;
}

function free(stem: string, taken: string[]): string {
  return [stem, ...Array.from({ length: 99 }, (_, at) => `${stem}-${at + 2}`)].find((each) => !taken.includes(each)) ?? stem;
}

function Campaign({ group, of, versions, again }: { group: Group; of: Reply; versions: Reply[]; again: () => void }) {
  const arn = String(of["campaignArn"]);
  const config = (of["campaignConfig"] ?? {}) as Reply;
  const update = of["latestCampaignUpdate"] as Reply | undefined;
  const exploring = config["itemExplorationConfig"] as Record<string, string> | undefined;
  const solution = String(of["solutionVersionArn"]).split("/").slice(0, -1).join("/");
  const others = versions.filter((each) => String(each["solutionVersionArn"]).startsWith(`${solution}/`) && each["solutionVersionArn"] !== of["solutionVersionArn"]);
  return (
    <Card title={String(of["name"])} side={<Status status={of["status"]} />}>
      {of["failureReason"] && <Note kind="warn">{String(of["failureReason"])}</Note>}
      <Facts of={[
        ["ARN", <code>{arn}</code>], ["Version", nameOf(of["solutionVersionArn"])],
        ["Follows the newest", config["syncWithLatestSolutionVersion"] ? "yes" : "no"],
        ["Explores", exploring && Object.entries(exploring).map(([key, value]) => `${key} ${value}`).join(", ")],
        ["Update", update && <Status status={update["status"]} />], ["Made", <When at={of["creationDateTime"]} />],
      ]} />
      {update?.["failureReason"] && <Note kind="warn">{String(update["failureReason"])}</Note>}
      {of["status"] === "ACTIVE" && <p><a class="button primary" href={to("g", group.name, "test", { from: arn })}>Test it</a></p>}
      {others.length > 0 && <Switch arn={arn} others={others} again={again} />}
      <details class="same"><summary>Delete this campaign</summary><Form onSubmit={() => undefined}><Plan danger label="Delete it" onDone={again} steps={[{ title: "Delete", operation: "DeleteCampaign", members: { campaignArn: arn } }]} /></Form></details>
    </Card>
  );
}

function Switch({ arn, others, again }: { arn: string; others: Reply[]; again: () => void }) {
  const [picked, setPicked] = useDraft(`switch ${arn}`, "");
  const version = among(others.map((each) => String(each["solutionVersionArn"])), picked);
  return (
    <details class="same">
      <summary>Serve another version, or roll back</summary>
      <Form onSubmit={() => undefined}>
        <Choice label="Version" value={version} onChange={setPicked} options={others.map((each) => [String(each["solutionVersionArn"]), nameOf(each["solutionVersionArn"])])} hint="The campaign goes on answering with what it has until the new one is in place." />
        <Plan label="Switch" onDone={again} steps={[{ title: "Switch", operation: "UpdateCampaign", members: { campaignArn: arn, solutionVersionArn: version } }]} />
      </Form>
    </details>
  );
}

function NewRecommender({ group, taken, onDone }: { group: Group; taken: string[]; onDone: () => void }) {
  const asked = useAsked(`use cases ${group.domain}`, () => every("ListRecipes", "recipes", { domain: group.domain }));
  const [recipe, setRecipe] = useDraft("use case", "");
  const chosen = recipe || String(asked.data?.[0]?.["recipeArn"] ?? "");
  const [name, setName] = useDraft("recommender", "");
  const named = name || free(nameOf(chosen).replace(/^aws-(ecomm|vod)-/, "") || "recommender", taken);
  const members = useMemo(() => ({ name: named, datasetGroupArn: group.arn, recipeArn: chosen }), [named, group, chosen]);
  return (
    <Card title="New recommender">
      <Problem error={asked.error} again={asked.again} />
      <Form onSubmit={() => undefined}>
        <div class="pair">
          <Choice label="Use case" value={chosen} onChange={setRecipe} options={(asked.data ?? []).map((each) => [String(each["recipeArn"]), nameOf(each["recipeArn"])])} />
          <Field label="Name" value={name} onChange={setName} placeholder={named} />
        </div>
        <Plan label="Create the recommender" disabled={!chosen || taken.includes(named)} onDone={() => { setName(""); onDone(); }} steps={[{ title: "Recommender", operation: "CreateRecommender", members }]} />
      </Form>
    </Card>
  );
}

function Recommender({ group, of, again }: { group: Group; of: Reply; again: () => void }) {
  const arn = String(of["recommenderArn"]);
  const stopped = of["status"] === "INACTIVE";
  const operation = stopped ? "StartRecommender" : "StopRecommender";
  return (
    <Card title={String(of["name"])} side={<Status status={of["status"]} />}>
      {of["failureReason"] && <Note kind="warn">{String(of["failureReason"])}</Note>}
      <Facts of={[["ARN", <code>{arn}</code>], ["Use case", nameOf(of["recipeArn"])], ["Made", <When at={of["creationDateTime"]} />]]} />
      {of["status"] === "ACTIVE" && <p><a class="button primary" href={to("g", group.name, "test", { from: arn })}>Test it</a></p>}
      <details class="same"><summary>{stopped ? "Start" : "Stop"} or delete it</summary>
        <Form onSubmit={() => undefined}><Plan label={stopped ? "Start" : "Stop"} disabled={!["ACTIVE", "INACTIVE"].includes(String(of["status"]))} onDone={again} steps={[{ title: operation, operation, members: { recommenderArn: arn } }]} /></Form>
        <Form onSubmit={() => undefined}><Plan danger label="Delete it" onDone={again} steps={[{ title: "Delete", operation: "DeleteRecommender", members: { recommenderArn: arn } }]} /></Form>
      </details>
    </Card>
  );
}
