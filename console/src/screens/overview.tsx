/** A dataset group at a glance: which step is next, what it is made of, what happened last. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Reply } from "../api";
import { underWay, useAsked } from "../asking";
import { contents, type Contents, type Group } from "../group";
import { Plan } from "../plan";
import { go, to } from "../router";
import { Card, Facts, Form, Loading, Problem, Status, Table, Tick, When, nameOf } from "../ui";

type State = "done" | "busy" | "next" | "later";

interface Stage {
  title: string;
  about: string;
  link: string;
  state: State;
}

export function Overview({ group }: { group: Group }) {
  const asked = useAsked(`contents ${group.arn}`, () => contents(group), isBusy);
  return (
    <>
      <h1>{group.name}</h1>
      <Problem error={asked.error} again={asked.again} />
      {!asked.data && !asked.error && <Loading what="what is in it" />}
      {asked.data && <Stages stages={stagesOf(group, asked.data)} />}
      {asked.data && <div class="pair"><Parts group={group} of={asked.data} /><Line of={asked.data} /></div>}
      {asked.data && <Remove group={group} of={asked.data} />}
    </>
  );
}

function isBusy(data: Contents): boolean {
  return Object.values(data).flat().some((each) => underWay((each as Reply)["status"]));
}

function stagesOf(group: Group, of: Contents): Stage[] {
  const link = (part: string): string => to("g", group.name, part);
  const active = (list: Reply[]): boolean => list.some((each) => each["status"] === "ACTIVE");
  const busy = (list: Reply[]): boolean => list.some((each) => underWay(each["status"]));
  const interactions = of.imports.filter((each) => each["type"] === "INTERACTIONS");
  const serving = [...of.campaigns, ...of.recommenders];
  const has: [string, string, string, boolean, boolean][] = [
    ["Data", "Import who did what, and when", "data", active(interactions), busy(interactions)],
    group.domain
      ? ["Train", "Recommenders train by themselves", "serve", active(of.recommenders) || active(of.versions), busy(of.versions)]
      : ["Train", "Choose a recipe, or AutoML", "train", active(of.versions), busy(of.versions)],
    ["Serve", group.domain ? "A recommender for a use case" : "A campaign answers with a version", "serve", active(serving), busy(serving)],
    ["Test", "Ask for a user, and see the list change", "test", false, false],
  ];
  const next = has.findIndex(([, , , done, working]) => !done && !working);
  return has.map(([title, about, part, done, working], at) => ({
    title, about, link: link(part),
    state: done ? "done" : working ? "busy" : at === next ? "next" : "later",
  }));
}

const WORDS: Record<State, string> = { done: "done", busy: "under way", next: "next", later: "later" };

function Stages({ stages }: { stages: Stage[] }) {
  return (
    <ol class="tracker">
      {stages.map((stage, at) => (
        <li key={stage.title} class={stage.state}>
          <a href={stage.link}>
            <span class="number" aria-hidden="true">{stage.state === "done" ? "✓" : at + 1}</span>
            <span><strong>{stage.title}</strong> <small>{WORDS[stage.state]}</small><br />{stage.about}</span>
          </a>
        </li>
      ))}
    </ol>
  );
}

function Parts({ group, of }: { group: Group; of: Contents }) {
  const link = (part: string, list: Reply[]): ComponentChildren => <a href={to("g", group.name, part)}>{list.length}</a>;
  return (
    <Card title="What it is made of">
      <Facts of={[
        ["ARN", <code>{group.arn}</code>], ["Domain", group.domain || "custom"], ["Status", <Status status={group.status} />],
        ["Datasets", link("data", of.datasets)], ["Imports", link("data", of.imports)], ["Solutions", link("train", of.solutions)],
        ["Versions", link("train", of.versions)], ["Campaigns", link("serve", of.campaigns)],
        ["Recommenders", link("serve", of.recommenders)], ["Filters", link("filters", of.filters)],
        ["Event trackers", link("events", of.trackers)],
      ]} />
    </Card>
  );
}

const MEMBERS: [keyof Contents, string, string][] = [
  ["datasets", "Dataset", "datasetArn"], ["imports", "Import", "datasetImportJobArn"], ["solutions", "Solution", "solutionArn"],
  ["versions", "Version", "solutionVersionArn"], ["campaigns", "Campaign", "campaignArn"],
  ["recommenders", "Recommender", "recommenderArn"], ["filters", "Filter", "filterArn"], ["trackers", "Event tracker", "eventTrackerArn"],
];

function Line({ of }: { of: Contents }) {
  const all = MEMBERS.flatMap(([kind, title, member]) => of[kind].map((each) => ({ title, name: nameOf(each[member]), each })));
  const moment = (each: Reply): number => Number(each["lastUpdatedDateTime"] ?? each["creationDateTime"]);
  const newest = all.sort((one, other) => moment(other.each) - moment(one.each)).slice(0, 12);
  const rows = newest.map(({ title, name, each }) => [
    <When at={moment(each)} />, `${title} ${name}`,
    <><Status status={each["status"]} />{each["failureReason"] && <p class="hint">{String(each["failureReason"])}</p>}</>,
  ]);
  return <Card title="What happened last">{rows.length ? <Table caption="What happened last" head={["When", "What", "Status"]} rows={rows} /> : <p>Nothing yet. <strong>Data</strong> is the first step.</p>}</Card>;
}

function Remove({ group, of }: { group: Group; of: Contents }) {
  const [sure, setSure] = useState(false);
  const left = [...of.datasets, ...of.solutions, ...of.recommenders, ...of.filters, ...of.trackers].length;
  return (
    <details class="same">
      <summary>Delete this dataset group</summary>
      {left > 0
        ? <p>It still has {left} datasets, solutions, recommenders, filters and event trackers, which must be deleted first.</p>
        : <Form onSubmit={() => undefined}><Tick label={`Delete ${group.name} for good`} value={sure} onChange={setSure} /><Plan danger disabled={!sure} label="Delete it" steps={[{ title: "Delete", operation: "DeleteDatasetGroup", members: { datasetGroupArn: group.arn } }]} onDone={() => go()} /></Form>}
    </details>
  );
}
