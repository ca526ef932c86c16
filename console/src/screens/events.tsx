/** The event tracker, and the code that sends events to it. */
import { ask, every, type Members, type Reply } from "../api";
import { underWay, useAsked } from "../asking";
import { asBoto3, asCli } from "../code";
import { connection } from "../connection";
import type { Group } from "../group";
import { Plan } from "../plan";
import { Card, Code, Copy, Empty, Facts, Form, Loading, Note, Problem, Status, When } from "../ui";
import { columnsOf, propertiesOf } from "./asked";
import { Live } from "./live";

interface Found {
  trackers: Reply[];
  /** What an event must have beside its own members, as propertiesOf has it. */
  properties: Members;
}

async function found(group: Group): Promise<Found> {
  const of = { datasetGroupArn: group.arn };
  const insights = ask("GetDataInsights", of).catch((): Reply => ({}));
  return { trackers: await trackers(group), properties: propertiesOf(columnsOf(await insights), {}) };
}

async function trackers(group: Group): Promise<Reply[]> {
  const all = await every("ListEventTrackers", "eventTrackers", { datasetGroupArn: group.arn });
  const described = await Promise.all(all.map((each) => ask("DescribeEventTracker", { eventTrackerArn: String(each["eventTrackerArn"]) })));
  return described.map((each) => each["eventTracker"] as Reply);
}

export function Events({ group }: { group: Group }) {
  const asked = useAsked(`trackers ${group.arn}`, () => found(group), (data) => data.trackers.some((each) => underWay(each["status"])));
  return (
    <>
      <h1>Events</h1>
      <Problem error={asked.error} again={asked.again} />
      {asked.loading && <Loading what="the event tracker" />}
      {asked.data && !asked.data.trackers.length && (
        <Empty title="An event tracker takes what users do while they do it: the next answer knows of it.">
          <Form onSubmit={() => undefined}><Plan label="Create an event tracker" onDone={asked.again} steps={[{ title: "Event tracker", operation: "CreateEventTracker", members: { name: group.name, datasetGroupArn: group.arn } }]} /></Form>
        </Empty>
      )}
      {asked.data?.trackers.some((each) => each["status"] === "ACTIVE") && <Live group={group} />}
      {asked.data?.trackers.map((each) => <Tracker properties={asked.data!.properties} key={String(each["eventTrackerArn"])} of={each} again={asked.again} />)}
    </>
  );
}

function Tracker({ of, again, properties }: { properties: Members; of: Reply; again: () => void }) {
  const id = String(of["trackingId"]);
  const act = {
    operation: "PutEvents",
    members: { trackingId: id, userId: "USER", sessionId: "SESSION", eventList: [{ eventType: "click", itemId: "ITEM", sentAt: Math.floor(Date.now() / 1000), ...properties }] },
  };
  return (
    <>
      <Card title={`Event tracker ${String(of["name"])}`} side={<Status status={of["status"]} />}>
        <Facts of={[["Tracking id", <><code>{id}</code> <Copy text={id} /></>], ["Made", <When at={of["creationDateTime"]} />], ["ARN", <code>{String(of["eventTrackerArn"])}</code>]]} />
        <details class="same"><summary>Delete it</summary><Form onSubmit={() => undefined}><Plan danger label="Delete it" onDone={again} steps={[{ title: "Delete", operation: "DeleteEventTracker", members: { eventTrackerArn: String(of["eventTrackerArn"]) } }]} /></Form></details>
      </Card>
      <Card title="Send events">
        <Note>Change USER, SESSION and ITEM. Of a user who is not known yet leave userId out: the session is one until there is a user.</Note>
        <Code label="Python" text={asBoto3([act])} />
        <Code label="Shell" text={asCli([act])} />
        <Code label="A page, with the AWS SDK for JavaScript v3" text={script(id, properties)} />
      </Card>
    </>
  );
}

function script(trackingId: string, { properties }: Members): string {
  const { url, region, local } = connection.value;
  const signing = local ? "" : '\n  signingName: "execute-api",';
  return `import { PersonalizeEventsClient, PutEventsCommand } from "@aws-sdk/client-personalize-events";

const events = new PersonalizeEventsClient({
  region: ${JSON.stringify(region)},
  endpoint: ${JSON.stringify(url)},${signing}
  credentials: ${local ? '{ accessKeyId: "local", secretAccessKey: "local" }' : "credentials"},
});
await events.send(new PutEventsCommand({
  trackingId: ${JSON.stringify(trackingId)},
  userId: "USER",
  sessionId: "SESSION",
  eventList: [{ eventType: "click", itemId: "ITEM", sentAt: new Date()${properties ? `, properties: ${JSON.stringify(properties)}` : ""} }],
}));`;
}
