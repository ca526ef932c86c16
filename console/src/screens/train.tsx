/** Solutions and their versions: choose a recipe, train, watch, measure, compare. */
import { useMemo } from "preact/hooks";
import { ask, call, every, type Reply } from "../api";
import { underWay, useAsked } from "../asking";
import { useDraft } from "../drafts";
import { arnOf, newestFirst, type Group } from "../group";
import { Plan, type Step } from "../plan";
import { remember, route, to } from "../router";
import { Card, Choice, Facts, Field, Form, Loading, Note, Problem, Progress, Status, Tick, When, count, nameOf, noteOf, progressOf } from "../ui";
import { segments } from "./batch";
import { Comparison } from "./metrics";
import { Quote } from "./quote";

const AUTO = "AutoML";
/** What a recipe is for, of those that most people want; the others follow by their names. */
const FIRST: Record<string, string> = {
  "aws-user-personalization-v2": "What a user will want next. Begin with this one.",
  "aws-similar-items": "Items that go with an item, by behaviour and description.",
  "aws-personalized-ranking-v2": "Your own list in the order of a user's interest.",
  "aws-trending-now": "What rises at the moment.",
  "aws-popularity-count": "What most people take: the least that others must beat.",
  "aws-next-best-action": "Which action a user will take up.",
};

interface Version {
  version: Reply;
  progress: { share: number; text: string } | null;
  quote: Record<string, unknown> | null;
}

interface Solution {
  solution: Reply;
  versions: Version[];
}

async function solutions(group: Group): Promise<Solution[]> {
  const all = newestFirst(await every("ListSolutions", "solutions", { datasetGroupArn: group.arn }));
  return Promise.all(all.map(async (solution) => {
    const versions = newestFirst(await every("ListSolutionVersions", "solutionVersions", { solutionArn: String(solution["solutionArn"]) }));
    return { solution, versions: await Promise.all(versions.slice(0, 10).map((each) => described(String(each["solutionVersionArn"])))) };
  }));
}

async function described(arn: string): Promise<Version> {
  const { reply, headers } = await call("DescribeSolutionVersion", { solutionVersionArn: arn });
  return { version: reply["solutionVersion"] as Reply, progress: progressOf(headers), quote: noteOf(headers, "quote") };
}

export function Train({ group }: { group: Group }) {
  const asked = useAsked(`solutions ${group.arn}`, () => solutions(group), (all) =>
    all.some((each) => underWay(each.solution["status"]) || each.versions.some((one) => underWay(one.version["status"]))));
  const versions = (asked.data ?? []).flatMap((each) => each.versions.map((one) => one.version));
  const ready = versions.filter((each) => each["status"] === "ACTIVE");
  const { query } = route.value;
  const picked = query.get("version") ?? String(ready[0]?.["solutionVersionArn"] ?? "");
  return (
    <>
      <h1>Train</h1>
      <Problem error={asked.error} again={asked.again} />
      {asked.loading && <Loading what="the solutions" />}
      {group.domain && <Note>A domain group mostly <a href={to("g", group.name, "serve")}>serves by recommenders</a>, which train by themselves; custom solutions work too.</Note>}
      {asked.data && <New group={group} taken={asked.data.map((each) => String(each.solution["name"]))} trained={ready.length} onDone={asked.again} />}
      {asked.data?.map((each) => <Solved key={String(each.solution["solutionArn"])} group={group} of={each} again={asked.again} />)}
      {ready.length > 0 && (
        <Card title="How good is it?">
          <div class="pair">
            <Choice label="Version" value={picked} onChange={(version) => remember({ version })} options={ready.map(option)} />
            <Choice label="Compared with" value={query.get("with") ?? ""} onChange={(other) => remember({ with: other })} options={[["", "nothing but simple lists"], ...ready.filter((each) => each["solutionVersionArn"] !== picked).map(option)]} />
          </div>
          <Comparison one={picked} other={query.get("with") ?? ""} />
        </Card>
      )}
    </>
  );
}

function option(version: Reply): [string, string] {
  return [String(version["solutionVersionArn"]), nameOf(version["solutionVersionArn"])];
}

function Solved({ group, of, again }: { group: Group; of: Solution; again: () => void }) {
  const { solution, versions } = of;
  const isAuto = Boolean(solution["performAutoML"]) || !solution["recipeArn"];
  const name = String(solution["name"]);
  const arn = String(solution["solutionArn"]);
  return (
    <Card title={name} side={<Status status={solution["status"]} />}>
      <p>{isAuto ? "AutoML" : <code>{nameOf(solution["recipeArn"])}</code>}, made <When at={solution["creationDateTime"]} /></p>
      {versions.map((each) => <One key={String(each.version["solutionVersionArn"])} group={group} chosen={isAuto && Boolean(each.version["recipeArn"])} of={each} again={again} />)}
      {!versions.length && <p class="hint">No version yet.</p>}
      <Form onSubmit={() => undefined}>
        <Plan label="Train a new version" disabled={solution["status"] !== "ACTIVE"} onDone={again} steps={[{ title: "Train", operation: "CreateSolutionVersion", members: { solutionArn: arn } }]} />
      </Form>
      <Delete arn={arn} again={again} />
    </Card>
  );
}

function Delete({ arn, again }: { arn: string; again: () => void }) {
  return (
    <details class="same">
      <summary>Delete this solution with its versions</summary>
      <Form onSubmit={() => undefined}><Plan danger label="Delete it" onDone={again} steps={[{ title: "Delete", operation: "DeleteSolution", members: { solutionArn: arn } }]} /></Form>
    </details>
  );
}

function One({ group, chosen, of: { version, progress, quote }, again }: { group: Group; chosen: boolean; of: Version; again: () => void }) {
  const arn = String(version["solutionVersionArn"]);
  const measured = quote?.["measured"] as Record<string, unknown> | undefined;
  return (
    <div class="job">
      <p><strong>{nameOf(arn)}</strong> <Status status={version["status"]} /> · <When at={version["creationDateTime"]} /></p>
      {underWay(version["status"]) && (
        <>
          <Progress share={progress?.share ?? 0} text={progress?.text ?? "waiting for its turn"} />
          <Form onSubmit={() => undefined}><Plan danger label="Stop" steps={[{ title: "Stop", operation: "StopSolutionVersionCreation", members: { solutionVersionArn: arn } }]} onDone={again} /></Form>
        </>
      )}
      {version["failureReason"] && <Note kind="warn">{String(version["failureReason"])}</Note>}
      <Facts of={[
        ["Chosen recipe", chosen ? nameOf(version["recipeArn"]) : ""], ["Mode", version["trainingMode"]],
        ["Learned from", quote && `${count(quote["events"])} events, ${count(quote["users"])} users, ${count(quote["items"])} items`],
        ["Expected", quote && `${Number(quote["seconds"]).toFixed(1)} s, ${count(quote["peakMemory"])} MB, $${Number(quote["cost"]).toFixed(6)} on AWS`],
        ["Took", measured && `${Number(measured["seconds"]).toFixed(1)} s, ${count(measured["peakMemory"])} MB`],
      ]} />
      {version["status"] === "ACTIVE" && <p>{segments(nameOf(version["recipeArn"])) ? <a href={to("g", group.name, "jobs", { version: arn })}>Find segments</a> : <a href={to("g", group.name, "serve", { version: arn })}>Serve it</a>} · <a href={to("g", group.name, "train", { version: arn })}>How good is it?</a></p>}
    </div>
  );
}

function New({ group, taken, trained, onDone }: { group: Group; taken: string[]; trained: number; onDone: () => void }) {
  const recipes = useAsked("recipes", () => every("ListRecipes", "recipes"));
  const [recipe, setRecipe] = useDraft("recipe", "aws-user-personalization-v2");
  const [name, setName] = useDraft("name", "");
  const [event, setEvent] = useDraft("event", "");
  const [tune, setTune] = useDraft("tune", false);
  const [automatic, setAutomatic] = useDraft("automatic", false);
  const chosen = name || proposed(recipe, taken);
  const can = useAsked(recipe === AUTO ? null : `tunable ${recipe}`, () => isTunable(recipeArnOf(group, recipe)));
  const tuned = tune && can.data === true;
  const steps = useMemo(() => stepsOf(group, chosen, recipe, event, tuned, automatic), [group, chosen, recipe, event, tuned, automatic]);
  const names = (recipes.data ?? []).map((each) => String(each["name"])).filter((each) => each.startsWith("aws-") && !FIRST[each] && !/vod|ecomm/.test(each));
  const options: [string, string][] = [...Object.keys(FIRST).slice(0, 1), AUTO, ...Object.keys(FIRST).slice(1), ...names].map((each) => [each, each === AUTO ? "AutoML: try several, take the best" : each]);
  const form = (
    <Form onSubmit={() => undefined}>
      <div class="pair">
        <Choice label="Recipe" value={recipe} onChange={setRecipe} options={options} hint={recipe === AUTO ? "Each candidate is measured on held-out data, and the simplest of the best is kept." : FIRST[recipe] ?? "See docs/recipes.md."} />
        <Field label="Name" value={name} onChange={setName} placeholder={chosen} hint={taken.includes(chosen) ? "There is a solution of this name already." : "Letters, digits, - and _"} />
        <Field label="Event type to learn from" value={event} onChange={setEvent} placeholder="all" />
      </div>
      {can.data && <Tick label="Search for good hyperparameters" hint="performHPO: some trainings more" value={tune} onChange={setTune} />}
      <Tick label="Train by itself every seven days" hint="performAutoTraining" value={automatic} onChange={setAutomatic} />
      <Quote group={group} recipe={recipe === AUTO ? "" : recipe} solution={steps[0]?.members ?? {}} trained={trained} />
      <Plan steps={steps} label="Train" disabled={taken.includes(chosen)} onDone={onDone} />
    </Form>
  );
  return taken.length
    ? <details class="card"><summary>New solution</summary>{form}</details>
    : <Card title="New solution"><p>A solution is a recipe with its settings; each training of it is a version.</p>{form}</Card>;
}

function recipeArnOf(group: Group, recipe: string): string {
  return `arn:${group.arn.split(":")[1]}:personalize:::recipe/${recipe}`;
}

/** Whether a recipe has hyperparameters that a search may choose. */
async function isTunable(recipeArn: string): Promise<boolean> {
  const { algorithmArn } = (await ask("DescribeRecipe", { recipeArn }))["recipe"] as Reply;
  const algorithm = (await ask("DescribeAlgorithm", { algorithmArn: String(algorithmArn) }))["algorithm"] as Reply;
  const ranges = (algorithm["defaultHyperParameterRanges"] ?? {}) as Record<string, Reply[]>;
  return Object.values(ranges).flat().some((each) => each["isTunable"]);
}

function proposed(recipe: string, taken: string[]): string {
  const stem = recipe === AUTO ? "automl" : recipe.replace(/^aws-/, "").replace("user-personalization", "personal");
  return [stem, ...Array.from({ length: 99 }, (_, at) => `${stem}-${at + 2}`)].find((each) => !taken.includes(each)) ?? stem;
}

function stepsOf(group: Group, name: string, recipe: string, event: string, tune: boolean, automatic: boolean): Step[] {
  const how = recipe === AUTO ? { performAutoML: true } : { recipeArn: recipeArnOf(group, recipe) };
  const arn = arnOf("solution", name);
  return [
    {
      title: `Solution ${name}`, operation: "CreateSolution",
      members: { name, datasetGroupArn: group.arn, ...how, eventType: event, performHPO: tune || undefined, performAutoTraining: automatic },
      until: ["DescribeSolution", { solutionArn: arn }, "solution"],
    },
    { title: "Start the training", operation: "CreateSolutionVersion", members: { solutionArn: arn } },
  ];
}

