/** What a training would take, told before its button: seconds, memory and dollars, by the data that are there. */
import { ask, call, every, type Members, type Reply } from "../api";
import { useAsked } from "../asking";
import { newestFirst, type Group } from "../group";
import { to } from "../router";
import { Facts, Note, Problem, count, noteOf } from "../ui";

const PAST = 5; // trainings that say how fast the service is

interface Ground {
  insights: Reply;
  past: Reply[];
}

async function ground(group: Group): Promise<Ground> {
  const [insights, quotes] = await Promise.all([ask("GetDataInsights", { datasetGroupArn: group.arn }), past()]);
  return { insights, past: quotes };
}

/** Ask what a training of a solution takes; what `tastemaker quote` says. */
async function told({ insights, past: quotes }: Ground, solution: Members): Promise<Reply> {
  const body = JSON.stringify({ datasets: insights["datasets"], solution, past: quotes });
  const response = await fetch("quote", { method: "POST", body });
  if (!response.ok) throw new Error(`The page's own service answered ${response.status}.`);
  return (await response.json()) as Reply;
}

function datasetsOf(data: Ground | undefined): Reply[] {
  return (data?.insights["datasets"] ?? []) as Reply[];
}

/** Whether interactions may be on their way: an import of them may be at work, and then a quote is to follow. */
function awaited(data: Ground): boolean {
  return datasetsOf(data).some((each) => each["datasetType"] === "INTERACTIONS" && !each["bulkRecords"]);
}

async function past(): Promise<Reply[]> {
  const ready = (await every("ListSolutionVersions", "solutionVersions")).filter((each) => each["status"] === "ACTIVE");
  const newest = newestFirst(ready).slice(0, PAST);
  const quotes = await Promise.all(newest.map(async (each) => {
    const { headers } = await call("DescribeSolutionVersion", { solutionVersionArn: String(each["solutionVersionArn"]) });
    return noteOf<Reply>(headers, "quote");
  }));
  return quotes.filter((each): each is Reply => Boolean(each?.["measured"]));
}

export function Quote({ group, recipe, solution, trained }: { group: Group; recipe: string; solution: Members; trained: number }) {
  const asked = useAsked(`amount ${group.arn} ${trained}`, () => ground(group), awaited);
  const { data } = asked;
  const rows = datasetsOf(data).map((each) => each["bulkRecords"] ?? 0);
  const has = rows.length > 0;
  const { name: _, ...settings } = solution;
  const quoted = useAsked(data && has ? JSON.stringify([settings, trained, rows]) : null, () => told(data!, settings));
  const warnings = ((data?.insights["warnings"] ?? []) as Reply[]).filter((each) => /few|minimum|at least/i.test(`${each["code"]} ${each["message"]}`));
  if (data && !has) return <Note kind="warn">There are no data yet: <a href={to("g", group.name, "data")}>import interactions</a> first.</Note>;
  return (
    <>
      <Problem error={asked.error} again={asked.again} />
      {warnings.map((each, at) => <Note key={at} kind="warn">{String(each["message"])}</Note>)}
      <div class="quote" aria-live="polite" role="group" aria-label="What it will take">
        {quoted.data?.["quote"] && <Told of={quoted.data["quote"] as Reply} />}
        {quoted.data?.["message"] && <Note kind="warn">{String(quoted.data["message"])}</Note>}
        {quoted.error !== undefined && <p class="hint">No quote from this page: <code>{commandOf(group, recipe)}</code> tells it.</p>}
        {!quoted.data && quoted.error === undefined && <p class="hint">Working out what it will take …</p>}
      </div>
    </>
  );
}

function commandOf(group: Group, recipe: string): string {
  return `tastemaker quote --dataset-group ${group.name} --recipe ${recipe || "NAME"}`;
}

function Told({ of }: { of: Reply }) {
  const pace = Number(of["pace"]);
  return (
    <>
      <Facts of={[
        ["It will take about", `${seconds(Number(of["seconds"]))}`], ["Memory at the peak", `${count(of["peakMemory"])} MB`],
        ["On AWS", `$${Number(of["cost"]).toFixed(6)}`],
        ["Learns from", `${count(of["events"])} events, ${count(of["users"])} users, ${count(of["items"])} items`],
      ]} />
      <p class="hint">Dollars of {count(of["billedMemory"])} MB of Lambda; locally it costs nothing. {pace === 1 ? "No training of this service to go by yet." : `Times ${pace.toFixed(1)} by this service's last trainings.`}</p>
    </>
  );
}

function seconds(value: number): string {
  return value < 120 ? `${value.toFixed(1)} s` : `${(value / 60).toFixed(1)} minutes`;
}
