/** What a campaign would have earned with another exploration weight, of what it has shown and what came of that. */
import { ask, every, type Members, type Reply } from "../api";
import { underWay, useAsked } from "../asking";
import { Intervals, type Interval } from "../charts";
import { connection } from "../connection";
import { useDraft } from "../drafts";
import type { Group } from "../group";
import { Plan } from "../plan";
import { remember, route, to } from "../router";
import { Card, Choice, Empty, Facts, Form, Loading, Note, Problem, Status, Table, count, percent } from "../ui";
import type { Source } from "./list";

const MOST = 2000; // answers that are read
const EXPLORING = ["aws-user-personalization", "aws-vod-top-picks", "aws-ecomm-recommended-for-you", "aws-next-best-action"];
const ANY = "*";

interface Estimate {
  value: number;
  low: number;
  high: number;
}

interface Judged {
  weight: number;
  estimates: Record<string, Estimate>;
  gain: Estimate;
}

interface Judgement {
  answers: number;
  items: number;
  explored: number;
  rewards: number;
  earned: number;
  weights: Judged[];
}

interface Told {
  judgement?: Judgement;
  message?: string;
}

async function logged(source: string): Promise<Reply[]> {
  return every("GetLoggedAnswers", "answers", { sourceArn: source, since: 0 }, MOST);
}

/** Judge weights by answers: what `tastemaker off-policy` says. Only what it needs is sent. */
async function judged(answers: Reply[], eventType: string): Promise<Told> {
  const slim = answers.filter((each) => each["chance"]).map((each) => ({
    chance: each["chance"], items: (each["items"] as Reply[]).map(({ itemId, propensity, explored }) => ({ itemId, propensity, explored })),
    events: ((each["events"] ?? []) as Reply[]).map((event) => ({ itemId: event["itemId"], eventType: event["eventType"] })),
  }));
  const response = await fetch("off-policy", { method: "POST", body: JSON.stringify({ answers: slim, ...(eventType === ANY ? {} : { eventType }) }) });
  if (!response.ok) throw new Error(`The page's own service answered ${response.status}.`);
  return (await response.json()) as Told;
}

export function Weights({ group, sources, types }: { group: Group; sources: Source[]; types: string[] }) {
  const { query } = route.value;
  const likely = [...sources].sort((one, other) => Number(EXPLORING.includes(other.recipe)) - Number(EXPLORING.includes(one.recipe)));
  const chosen = sources.find((each) => each.arn === query.get("from"));
  const [draft, setDraft] = useDraft("from", "");
  const [reward, setReward] = useDraft("reward", query.get("reward") ?? ANY);
  const source = draft || chosen?.arn || likely[0]?.arn || "";
  return (
    <Card title="What would another exploration have earned?">
      {!sources.length && <Empty title="Nothing has answered yet."><a class="button primary" href={to("g", group.name, "serve")}>Serve a version</a></Empty>}
      {sources.length > 0 && (
        <>
          <p>A campaign that explores gives some places to young items at random. So its log tells what it would have earned had it explored more, or less.</p>
          <Form onSubmit={() => remember({ from: source, reward })}>
            <div class="pair">
              <Choice label="Of" value={source} onChange={setDraft} options={likely.map((each) => [each.arn, `${each.name} (${each.recipe})`])} />
              <Choice label="What counts as earned" value={reward} onChange={setReward} options={[[ANY, "any event that names the answer"], ...types.map((each): [string, string] => [each, `an event of type ${each}`])]} />
            </div>
            <button type="submit" class="primary">Judge other weights</button>
          </Form>
          {chosen && <Answer key={chosen.arn} source={chosen} reward={query.get("reward") ?? ANY} />}
        </>
      )}
    </Card>
  );
}

function Answer({ source, reward }: { source: Source; reward: string }) {
  const log = useAsked(`log ${source.arn}`, () => logged(source.arn));
  const asked = useAsked(log.data ? `judged ${source.arn} ${reward} ${log.data.length}` : null, () => judged(log.data!, reward));
  const told = asked.data?.judgement;
  return (
    <div aria-live="polite" role="group" aria-label="What other weights would have earned">
      <Problem error={log.error} again={log.again} />
      {(log.loading || asked.loading) && <Loading what="the log" />}
      {asked.error !== undefined && <Note kind="warn">This page's service works nothing out; this does: <code>{commandOf(source, reward)}</code></Note>}
      {asked.data?.message && <Note kind="warn">{upper(asked.data.message)}. {EXPLORING.includes(source.recipe) ? "" : `${source.recipe} does not explore; ${EXPLORING[0]} does.`}</Note>}
      {(log.data?.length ?? 0) >= MOST && <p class="hint">The first {count(MOST)} answers of the log; <code>{commandOf(source, reward)}</code> takes all.</p>}
      {told && <Result of={told} />}
      {told && <Explore source={source} of={told} />}
    </div>
  );
}

function upper(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function commandOf(source: Source, reward: string): string {
  const { url, local } = connection.value;
  return `tastemaker off-policy ${source.name}${reward === ANY ? "" : ` --event-type ${reward}`}${local ? "" : ` --endpoint ${url}`}`;
}

function Result({ of }: { of: Judgement }) {
  return (
    <>
      <Facts of={[
        ["Answers that could explore", count(of.answers)], ["Items shown", `${count(of.items)}, ${percent(of.explored, 1)} explored`],
        ["Rewarded", count(of.rewards)], ["Earned in 1,000 shown", thousands(of.earned)],
      ]} />
      <Note>{verdict(of)}</Note>
      <h3>More, or less, than as it was, in 1,000 shown items</h3>
      <Intervals digits={1} label="Differences from as it was" rows={of.weights.map((each) => row(`weight ${each.weight}${wasIt(each) ? ", as it was" : ""}`, each.gain, "one"))} />
      <h3>What each weight would have earned, in 1,000 shown items</h3>
      <Intervals digits={1} label="What each weight would have earned" rows={of.weights.flatMap((each) => Object.entries(each.estimates).map(([name, estimate]) => row(`weight ${each.weight} · ${name}`, estimate, name === "DR" ? "one" : "other")))} />
      <p class="hint">95 % intervals; weight 0 is the model's own list. DR is doubly robust, and what the sentence above goes by; IPS weighs by inverse propensities, SNIPS normalizes them. docs/exploration.md says what is assumed.</p>
      <details class="same"><summary>The same as a table</summary><Table caption="Weights" head={["Weight", "IPS", "SNIPS", "DR", "DR less as it was"]} rows={of.weights.map((each) => [String(each.weight), ...["IPS", "SNIPS", "DR"].map((name) => range(each.estimates[name])), range(each.gain)])} /></details>
    </>
  );
}

/** The weight in force is the one that differs in no answer. */
function wasIt({ gain }: Judged): boolean {
  return Math.max(Math.abs(gain.low), Math.abs(gain.high)) < 1e-9;
}

function row(label: string, { value, low, high }: Estimate, tone: Interval["tone"]): Interval {
  return { label, value: 1000 * value, low: 1000 * low, high: 1000 * high, tone };
}

function thousands(value: number): string {
  return (1000 * value).toFixed(1);
}

function range(of: Estimate | undefined): string {
  return of ? `${thousands(of.value)} (${thousands(of.low)} to ${thousands(of.high)})` : "–";
}

function bestOf(of: Judgement): Judged | undefined {
  return [...of.weights].sort((one, other) => other.gain.value - one.gain.value)[0];
}

/** What the differences tell: of a weight whose interval has no 0 in it, that it is better or worse. */
function verdict(of: Judgement): string {
  const best = bestOf(of);
  if (best && best.gain.low > 0) {
    return `Weight ${best.weight} would have earned ${thousands(best.gain.value)} more in 1,000 shown items, ${thousands(best.gain.low)} to ${thousands(best.gain.high)}: better than as it was.`;
  }
  const worse = of.weights.filter((each) => each.gain.high < 0).map((each) => String(each.weight));
  const rest = "None is shown to be better than as it was.";
  if (worse.length === of.weights.length) return "Every one of these weights would have earned less than as it was.";
  return worse.length ? `${worse.length > 1 ? "Weights" : "Weight"} ${worse.join(", ")} would have earned less. ${rest}` : "Nothing is certain yet: no weight is shown to earn more or less than as it was. More answers make the intervals narrower.";
}

/** The same campaign or recommender with another weight. */
function Explore({ source, of }: { source: Source; of: Judgement }) {
  const campaign = source.member === "campaignArn";
  const kind = campaign ? "campaign" : "recommender";
  const config = `${kind}Config`;
  const updateOf = (data: Reply): Reply | undefined => (data[kind] as Reply)[campaign ? "latestCampaignUpdate" : "latestRecommenderUpdate"] as Reply | undefined;
  const asked = useAsked(`explores ${source.arn}`, () => ask(campaign ? "DescribeCampaign" : "DescribeRecommender", { [source.member]: source.arn }), (data) => underWay(updateOf(data)?.["status"]));
  const [weight, setWeight] = useDraft(`weight ${source.arn}`, String(bestOf(of)?.weight ?? 0.3));
  if (!asked.data || source.recipe === "aws-next-best-action") return <Problem error={asked.error} again={asked.again} />;
  const now = ((asked.data[kind] as Reply)[config] ?? {}) as Members;
  const exploring = (now["itemExplorationConfig"] ?? {}) as Members;
  const members = { [source.member]: source.arn, [config]: { ...now, itemExplorationConfig: { ...exploring, explorationWeight: weight } } };
  return (
    <details class="same"><summary>Explore with another weight</summary>
      <Form onSubmit={() => undefined}>
        <Choice label="explorationWeight" value={weight} onChange={setWeight} options={of.weights.map((each) => [String(each.weight), String(each.weight)])} hint={`now ${String(exploring["explorationWeight"] ?? "0.3, the default")}`} />
        {underWay(updateOf(asked.data)?.["status"]) && <p>The update is <Status status={updateOf(asked.data)?.["status"]} /></p>}
        <Plan label="Explore so" onDone={asked.again} steps={[{ title: "Update", operation: campaign ? "UpdateCampaign" : "UpdateRecommender", members }]} />
      </Form>
    </details>
  );
}
