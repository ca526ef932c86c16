// One call of each API with the AWS SDK for JavaScript v3, which finds its endpoint, region and keys as any program does.
// Arguments: members of the clients' settings as JSON, and a module whose default export is given each client.
import { ListDatasetGroupsCommand, PersonalizeClient } from "@aws-sdk/client-personalize";
import { PersonalizeEventsClient, PutEventsCommand } from "@aws-sdk/client-personalize-events";
import { GetRecommendationsCommand, PersonalizeRuntimeClient } from "@aws-sdk/client-personalize-runtime";

const [settings, hook] = process.argv.slice(2);
const hooked = hook ? (await import(hook)).default : () => {};
const campaignArn = "arn:aws:personalize:us-east-1:123456789012:campaign/none";
const eventList = [{ eventType: "View", sentAt: new Date() }];
const calls = [
  [PersonalizeClient, new ListDatasetGroupsCommand({})],
  [PersonalizeEventsClient, new PutEventsCommand({ trackingId: "none", sessionId: "s", eventList })],
  [PersonalizeRuntimeClient, new GetRecommendationsCommand({ campaignArn, userId: "u" })],
];

async function outcome(Client, command) {
  const client = new Client(JSON.parse(settings));
  hooked(client);
  return client.send(command).then(() => ["", ""], ({ name, message }) => [name, message]);
}

console.log(JSON.stringify(await Promise.all(calls.map((call) => outcome(...call)))));
