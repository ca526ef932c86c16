// The chain of a shop with the unmodified clients of the AWS SDK for JavaScript v3; prints what it saw as one JSON object.
import assert from "node:assert/strict";
import { CreateRoleCommand, DeleteRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import * as control from "@aws-sdk/client-personalize";
import { PersonalizeEventsClient, PutEventsCommand, PutItemsCommand } from "@aws-sdk/client-personalize-events";
import * as answers from "@aws-sdk/client-personalize-runtime";
import * as storage from "@aws-sdk/client-s3";

const settings = { endpoint: process.argv[2], region: "us-east-1", maxAttempts: 1 };
const personalize = new control.PersonalizeClient(settings);
const events = new PersonalizeEventsClient(settings);
const runtime = new answers.PersonalizeRuntimeClient(settings);
const s3 = new storage.S3Client({ ...settings, forcePathStyle: true });
const iam = new IAMClient(settings);
const RECIPE = "arn:aws:personalize:::recipe/aws-user-personalization-v2";
const RANKING = "arn:aws:personalize:::recipe/aws-personalized-ranking-v2";
const saw = {};

const call = (command, input = {}) => personalize.send(new control[`${command}Command`](input));
const pause = () => new Promise((go) => setTimeout(go, 200));

// Neither service has waiters in any SDK: clients describe until the status has settled.
async function settled(kind, arn) {
  const member = kind[0].toLowerCase() + kind.slice(1);
  for (;;) {
    const found = (await call(`Describe${kind}`, { [`${member}Arn`]: arn }))[member];
    if (found.status === "ACTIVE") return arn;
    assert.notEqual(found.status, "CREATE FAILED", `${arn}: ${found.failureReason}`);
    await pause();
  }
}

async function gone(kind, arn) {
  const member = kind[0].toLowerCase() + kind.slice(1);
  await call(`Delete${kind}`, { [`${member}Arn`]: arn });
  for (;;) {
    try {
      await call(`Describe${kind}`, { [`${member}Arn`]: arn });
    } catch (error) {
      assert.ok(error instanceof control.ResourceNotFoundException, String(error));
      return;
    }
    await pause();
  }
}

async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    const { name, message, $fault, $metadata } = error;
    return { name, message, fault: $fault, status: $metadata.httpStatusCode, hasRequestId: Boolean($metadata.requestId) };
  }
  return assert.fail("it was not refused");
}

// 60 readers, of whom each likes one of five shelves with ten books.
function readings() {
  let state = 7;
  const dice = (sides) => (state = (state * 48271) % 2147483647) % sides;
  const lines = ["USER_ID,ITEM_ID,TIMESTAMP"];
  for (let place = 0; place < 3000; place++) {
    const shelf = dice(10) ? place % 5 : dice(5);
    lines.push(`reader-${place % 60},shelf-${shelf}-book-${dice(10)},${1700000000 + place}`);
  }
  return lines.join("\n");
}

function schemaOf(name, fields) {
  const namespace = "com.amazonaws.personalize.schema";
  return JSON.stringify({ type: "record", name, namespace, fields, version: "1.0" });
}

await s3.send(new storage.CreateBucketCommand({ Bucket: "js-books" }));
await storage.waitUntilBucketExists({ client: s3, maxWaitTime: 20 }, { Bucket: "js-books" });
await s3.send(new storage.PutObjectCommand({ Bucket: "js-books", Key: "readings.csv", Body: readings() }));
await storage.waitUntilObjectExists({ client: s3, maxWaitTime: 20 }, { Bucket: "js-books", Key: "readings.csv" });
const trust = { Effect: "Allow", Principal: { Service: "personalize.amazonaws.com" }, Action: "sts:AssumeRole" };
const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: trust });
const { Arn: roleArn } = (await iam.send(new CreateRoleCommand({ RoleName: "js-reader", AssumeRolePolicyDocument }))).Role;

const strings = ["USER_ID", "ITEM_ID"].map((name) => ({ name, type: "string" }));
const schemas = {
  Interactions: schemaOf("Interactions", [...strings, { name: "TIMESTAMP", type: "long" }]),
  Items: schemaOf("Items", [strings[1], { name: "SHELF", type: ["null", "string"], categorical: true }]),
};
const { datasetGroupArn } = await call("CreateDatasetGroup", { name: "js-books", tags: [{ tagKey: "a", tagValue: "b" }] });
await settled("DatasetGroup", datasetGroupArn);
const datasets = {};
for (const [datasetType, schema] of Object.entries(schemas)) {
  const { schemaArn } = await call("CreateSchema", { name: `js-${datasetType}`, schema });
  const { datasetArn } = await call("CreateDataset", { name: datasetType, schemaArn, datasetGroupArn, datasetType });
  datasets[datasetType] = { schemaArn, datasetArn: await settled("Dataset", datasetArn) };
}
const { datasetImportJobArn } = await call("CreateDatasetImportJob", {
  jobName: "js-readings",
  datasetArn: datasets.Interactions.datasetArn,
  dataSource: { dataLocation: "s3://js-books/readings.csv" },
  roleArn,
});
await settled("DatasetImportJob", datasetImportJobArn);
const { trackingId, eventTrackerArn } = await call("CreateEventTracker", { name: "js-clicks", datasetGroupArn });
await settled("EventTracker", eventTrackerArn);
await events.send(
  new PutItemsCommand({
    datasetArn: datasets.Items.datasetArn,
    items: [0, 1, 2].map((n) => ({ itemId: `shelf-3-book-${n}`, properties: JSON.stringify({ shelf: "three" }) })),
  }),
);

const solutions = {};
const campaigns = {};
for (const [name, recipeArn] of Object.entries({ "js-readers": RECIPE, "js-lists": RANKING })) {
  const { solutionArn } = await call("CreateSolution", { name, datasetGroupArn, recipeArn, performAutoTraining: false });
  const { solutionVersionArn } = await call("CreateSolutionVersion", { solutionArn });
  await settled("SolutionVersion", solutionVersionArn);
  const { campaignArn } = await call("CreateCampaign", { name, solutionVersionArn, minProvisionedTPS: 1 });
  solutions[name] = solutionArn;
  campaigns[name] = await settled("Campaign", campaignArn);
}
const { metrics } = await call("GetSolutionMetrics", {
  solutionVersionArn: (await call("DescribeSolution", { solutionArn: solutions["js-readers"] })).solution.latestSolutionVersion
    .solutionVersionArn,
});
saw.metrics = Object.keys(metrics).sort();

const ask = (userId, more = {}) =>
  runtime.send(
    new answers.GetRecommendationsCommand({ campaignArn: campaigns["js-readers"], userId, numResults: 10, ...more }),
  );
const listed = (reply) => reply.itemList.map((item) => item.itemId);
saw.before = listed(await ask("newcomer"));
await events.send(
  new PutEventsCommand({
    trackingId,
    userId: "newcomer",
    sessionId: "visit",
    eventList: [0, 1, 2, 3, 4].map((n) => ({
      eventType: "read",
      itemId: `shelf-3-book-${n}`,
      sentAt: new Date(),
      properties: JSON.stringify({ device: "phone" }),
    })),
  }),
);
const answer = await ask("newcomer");
saw.after = listed(answer);
saw.scores = answer.itemList.map((item) => item.score);
saw.recommendationId = answer.recommendationId;
const { filterArn } = await call("CreateFilter", {
  name: "js-shelf",
  datasetGroupArn,
  filterExpression: "INCLUDE ItemID WHERE Items.SHELF IN ($S)",
});
await settled("Filter", filterArn);
saw.filtered = listed(await ask("newcomer", { filterArn, filterValues: { S: '"three"' } }));
const inputList = ["shelf-0-book-1", "shelf-3-book-7", "no-such-book"];
const ranked = await runtime.send(
  new answers.GetPersonalizedRankingCommand({ campaignArn: campaigns["js-lists"], userId: "newcomer", inputList }),
);
saw.ranking = ranked.personalizedRanking.map((item) => item.itemId);

saw.recipes = [];
saw.recipePages = 0;
for await (const page of control.paginateListRecipes({ client: personalize, pageSize: 5 }, {})) {
  saw.recipes.push(...page.recipes.map((recipe) => recipe.name));
  saw.recipePages += 1;
}
saw.datasets = [];
for await (const page of control.paginateListDatasets({ client: personalize, pageSize: 1 }, { datasetGroupArn })) {
  saw.datasets.push(...page.datasets.map((dataset) => dataset.datasetType));
}
const { createdAt = (await call("DescribeDatasetGroup", { datasetGroupArn })).datasetGroup.creationDateTime } = {};
saw.datesAreDates = createdAt instanceof Date && Math.abs(Date.now() - createdAt.getTime()) < 600_000;

const unknown = `${campaigns["js-readers"]}-no`;
saw.refusals = {
  describe: await refused(call("DescribeCampaign", { campaignArn: unknown })),
  ask: await refused(ask("u", { campaignArn: unknown })),
  again: await refused(call("CreateDatasetGroup", { name: "js-books" })),
  inUse: await refused(call("DeleteDatasetGroup", { datasetGroupArn })),
  input: await refused(call("CreateSolution", { name: "x", datasetGroupArn, recipeArn: `${RECIPE}-no` })),
  token: await refused(call("ListDatasetGroups", { nextToken: "nonsense" })),
  events: await refused(events.send(new PutEventsCommand({ trackingId: "no", sessionId: "s", eventList: [
    { eventType: "read", itemId: "i", sentAt: new Date() },
  ] }))),
};
saw.classes = [
  [control.ResourceNotFoundException, call("DescribeCampaign", { campaignArn: unknown })],
  [answers.ResourceNotFoundException, ask("u", { campaignArn: unknown })],
  [answers.InvalidInputException, ask("u", { numResults: 501 })],
].map(async ([type, promise]) => promise.then(() => false, (error) => error instanceof type && error instanceof Error));
saw.classes = await Promise.all(saw.classes);

await gone("Filter", filterArn);
for (const campaignArn of Object.values(campaigns)) await gone("Campaign", campaignArn);
for (const solutionArn of Object.values(solutions)) await gone("Solution", solutionArn);
await gone("EventTracker", eventTrackerArn);
for (const { datasetArn, schemaArn } of Object.values(datasets)) {
  await gone("Dataset", datasetArn);
  await call("DeleteSchema", { schemaArn });
}
await gone("DatasetGroup", datasetGroupArn);
await s3.send(new storage.DeleteObjectCommand({ Bucket: "js-books", Key: "readings.csv" }));
await s3.send(new storage.DeleteBucketCommand({ Bucket: "js-books" }));
await iam.send(new DeleteRoleCommand({ RoleName: "js-reader" }));
saw.left = (await call("ListDatasetGroups")).datasetGroups.length + (await call("ListSchemas")).schemas.length;
console.log(JSON.stringify(saw));
