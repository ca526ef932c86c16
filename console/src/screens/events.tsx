/** The event tracker, and the code that sends events to it. */
import { ask, every, type Reply } from "../api";
import { underWay, useAsked } from "../asking";
import { asBoto3, asCli } from "../code";
import { connection } from "../connection";
import type { Group } from "../group";
import { Plan } from "../plan";
import { Card, Code, Copy, Empty, Facts, Form, Loading, Note, Problem, Status, When } from "../ui";
import { Live } from "./live";

async function trackers(group: Group): Promise<Reply[]> {
  const all = await every("ListEventTrackers", "eventTrackers", { datasetGroupArn: group.arn });
  const described = await Promise.all(all.map((each) => ask("DescribeEventTracker", { eventTrackerArn: String(each["eventTrackerArn"]) })));
  return described.map((each) => each["eventTracker"] as Reply);
}

export function Events({ group }: { group: Group }) {
  const asked = useAsked(`trackers ${group.arn}`, () => trackers(group), (all) => all.some((each) => underWay(each["status"])));
  return (
    <>
      <h1>Events</h1>
      <Problem error={asked.error} again={asked.again} />
      {asked.loading && <Loading what="the event tracker" />}
      {asked.data && !asked.data.length && (
        <Card>
          <Empty title="An event tracker takes what users do while they do it: the next answer knows of it." />
          <Form onSubmit={() => undefined}><Plan label="Create an event tracker" onDone={asked.again} steps={[{ title: "Event tracker", operation: "CreateEventTracker", members: { name: group.name, datasetGroupArn: group.arn } }]} /></Form>
        </Card>
      )}
      {asked.data?.some((each) => each["status"] === "ACTIVE") && <Live group={group} />}
      {asked.data?.map((each) => <Tracker key={String(each["eventTrackerArn"])} of={each} again={asked.again} />)}
    </>
  );
}

function Tracker({ of, again }: { of: Reply; again: () => void }) {
  const id = String(of["trackingId"]);
  const act = {
    operation: "PutEvents",
    members: { trackingId: id, userId: "USER", sessionId: "SESSION", eventList: [{ eventType: "click", itemId: "ITEM", sentAt: Math.floor(Date.now() / 1000) }] },
  };
  return (
    <>
      <Card title={String(of["name"])} side={<Status status={of["status"]} />}>
        <Facts of={[["Tracking id", <><code>{id}</code> <Copy text={id} /></>], ["ARN", <code>{String(of["eventTrackerArn"])}</code>], ["Made", <When at={of["creationDateTime"]} />]]} />
        <details class="same"><summary>Delete it</summary><Form onSubmit={() => undefined}><Plan danger label="Delete it" onDone={again} steps={[{ title: "Delete", operation: "DeleteEventTracker", members: { eventTrackerArn: String(of["eventTrackerArn"]) } }]} /></Form></details>
      </Card>
      <Card title="Send events">
        <Note>Change USER, SESSION and ITEM. Of a user who is not known yet leave userId out: the session is one until there is a user.</Note>
        <Code label="Python" text={asBoto3([act])} />
        <Code label="Shell" text={asCli([act])} />
        <Code label="A page, with the AWS SDK for JavaScript v3" text={script(id)} />
      </Card>
    </>
  );
}

function script(trackingId: string): string {
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
  eventList: [{ eventType: "click", itemId: "ITEM", sentAt: new Date() }],
}));`;
}
