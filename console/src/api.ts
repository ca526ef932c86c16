/** Calls of the three APIs as botocore's models have them, and of S3 for files. */
import { connection, keysNow } from "./connection";
import { door } from "./signin";
import { encoded, momentOf, sign, type Scope } from "./sigv4";

export type Value = string | number | boolean | null | undefined | Value[] | { [name: string]: Value };
export type Members = { [name: string]: Value };
/** What a reply has; members are read with the functions below. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Reply = { [name: string]: any };

export interface Answer {
  reply: Reply;
  headers: Headers;
}

const EVENTS: Record<string, string> = {
  PutEvents: "/events", PutItems: "/items", PutUsers: "/users", PutActions: "/actions",
  PutActionInteractions: "/action-interactions",
};
const RUNTIME: Record<string, string> = {
  GetRecommendations: "/recommendations", GetPersonalizedRanking: "/personalize-ranking",
  GetActionRecommendations: "/action-recommendations", ReplayRecommendation: "/replays",
  GetLoggedAnswers: "/logged-answers", ExplainFilter: "/filter-explanations", SearchItems: "/item-searches",
  SearchUsers: "/user-searches", GetUserHistory: "/user-histories",
};
/** Operations that unmodified clients do not know. */
const OWN = new Set(["ReplayRecommendation", "GetLoggedAnswers", "ExplainFilter", "SearchItems", "SearchUsers",
  "GetUserHistory", "GetDataInsights", "GetEvaluation", "GetAttributionFigures"]);
const TARGET = "AmazonPersonalize";
const PATIENCE = 30_000; // ms
const NO_UPLOADS = "NoUploads";

export function apiOf(operation: string): "personalize" | "personalize-events" | "personalize-runtime" {
  return operation in EVENTS ? "personalize-events" : operation in RUNTIME ? "personalize-runtime" : "personalize";
}

export function isOwn(operation: string): boolean {
  return OWN.has(operation);
}

/** A refusal, with what a person can do about it. */
export class Refusal extends Error {
  constructor(readonly code: string, message: string, readonly status: number, readonly operation: string) {
    super(message);
  }

  get advice(): string {
    if (this.status === 0) {
      return connection.value.local
        ? "Is `tastemaker local` still running? Start it again; this page then goes on by itself."
        : "Check the URL and your network, and that tastemaker:cors_origins of the deployment names this page's origin.";
    }
    if (door.value && this.code === NO_UPLOADS) return "Put the file into a bucket (aws s3 cp) and start the import with boto3 or the AWS CLI: the code below has it.";
    if (this.status === 429 || this.code.startsWith("Throttling")) return "Too many requests at once: wait some seconds and try again.";
    if (door.value && this.code.startsWith("AccessDenied")) return "You may not do this: an administrator can add you to the group of editors. Then sign out, and in again.";
    if (door.value && this.status === 403) return "The API did not take your keys: is this machine's clock right? Reload the page, and sign in again.";
    if (/Expired/.test(this.code)) return "The keys have expired. Enter new ones under Settings; nothing else is lost.";
    if (this.status === 403) return "The keys may not do this. Enter others under Settings, or ask for the right execute-api:Invoke.";
    if (/UnknownOperation/.test(this.code) && isOwn(this.operation)) {
      return "This is an operation of Tastemaker's own, which a strict service or Amazon's does not have.";
    }
    if (this.code === "LimitExceededException") return "A quota is reached: delete what is not needed, or raise the quota (docs/quotas.md).";
    if (this.code === "ResourceInUseException") return "Wait until what the message names is ready or gone, then try again.";
    if (this.code === "ResourceAlreadyExistsException") return "Choose another name, or use the one that is there.";
    if (this.code === "ResourceNotFoundException") return "It may have been deleted, or be in another region. Go back to the list.";
    if (this.status >= 500) return "This is the service's fault. Try again; its log has more under the request id.";
    return "Change what the message names, then try again.";
  }
}

/** Call an operation. */
export async function call(
  operation: string, members: Members = {}, more: Record<string, string> = {},
): Promise<Answer> {
  const path = EVENTS[operation] ?? RUNTIME[operation];
  const headers: Record<string, string> = path
    ? { "content-type": "application/json", ...more }
    : { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${TARGET}.${operation}`, ...more };
  const { url, region, signs } = connection.value;
  const body = JSON.stringify(members);
  const response = await send("POST", `${url}${path ?? "/"}`, headers, body, { service: signs, region }, operation);
  const text = await response.text();
  const reply = parsed(text);
  if (!response.ok) throw refusalOf(response, reply, operation);
  return { reply, headers: response.headers };
}

/** Call an operation, and return its reply alone. */
export async function ask(operation: string, members: Members = {}): Promise<Reply> {
  return (await call(operation, members)).reply;
}

/** Return a list whole, page by page. */
export async function every(operation: string, member: string, members: Members = {}, most = 1000): Promise<Reply[]> {
  const all: Reply[] = [];
  let token: string | undefined;
  do {
    const page: Reply = await ask(operation, { maxResults: 100, ...members, ...(token ? { nextToken: token } : {}) });
    all.push(...((page[member] ?? []) as Reply[]));
    token = page["nextToken"] as string | undefined;
  } while (token && all.length < most);
  return all;
}

/** Make a bucket; one that is there already is as good. */
export async function makeBucket(bucket: string): Promise<void> {
  const { region } = connection.value;
  const elsewhere = region === "us-east-1" ? "" : `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
  const response = await sendToS3("PUT", bucket, elsewhere);
  if (!response.ok && response.status !== 409) throw refusalOf(response, {}, "CreateBucket");
}

/** Store a file. */
export async function putObject(bucket: string, key: string, body: Blob): Promise<void> {
  const response = await sendToS3("PUT", `${bucket}/${encoded(key)}`, body);
  if (!response.ok) throw refusalOf(response, {}, "PutObject");
}

/** Return the beginning of a file as text. */
export async function firstBytes(bucket: string, key: string, most: number): Promise<string> {
  const response = await sendToS3("GET", `${bucket}/${encoded(key)}`, "", { range: `bytes=0-${most - 1}` });
  if (!response.ok) throw refusalOf(response, {}, "GetObject");
  return response.text();
}

/** Return the keys of the first files below a folder. */
export async function keysBelow(bucket: string, folder: string): Promise<string[]> {
  const response = await sendToS3("GET", `${bucket}?list-type=2&max-keys=100&prefix=${encodeURIComponent(folder)}`, "");
  if (!response.ok) throw refusalOf(response, {}, "ListObjectsV2");
  const page = new DOMParser().parseFromString(await response.text(), "application/xml");
  return [...page.getElementsByTagName("Key")].map((each) => each.textContent ?? "");
}

async function sendToS3(method: string, place: string, body: string | Blob, headers: Record<string, string> = {}): Promise<Response> {
  const { url, region, local } = connection.value;
  if (door.value) throw new Refusal(NO_UPLOADS, "The console on AWS may call the API and nothing else, so it uploads no files.", 400, method);
  const root = local ? url : `https://s3.${region}.amazonaws.com`;
  return send(method, `${root}/${place}`, headers, body, { service: "s3", region }, "S3");
}

async function send(
  method: string, url: string, headers: Record<string, string>, body: string | Blob, scope: Scope, operation: string,
): Promise<Response> {
  const given = await keysNow() ?? { accessKeyId: "local", secretAccessKey: "local" };
  // Pages that are neither of this machine nor by TLS have no cryptography; local mode takes what is not signed.
  const all = crypto.subtle === undefined
    ? headers
    : await sign({ method, url, headers, body }, given, scope, momentOf(new Date()));
  try {
    return await fetch(url, { method, headers: all, ...(method === "GET" ? {} : { body }), signal: AbortSignal.timeout(PATIENCE) });
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw new Refusal("Unreachable", `${url} ${late ? `did not answer within ${PATIENCE / 1000} s` : "does not answer"}.`, 0, operation);
  }
}

function parsed(text: string): Reply {
  try {
    return JSON.parse(text || "{}") as Reply;
  } catch {
    return {};
  }
}

function refusalOf(response: Response, reply: Reply, operation: string): Refusal {
  const type = response.headers.get("x-amzn-errortype") ?? String(reply["__type"] ?? "");
  const code = (type.split("#").pop() ?? "").split(":")[0] ?? "";
  const message = String(reply["message"] ?? reply["Message"] ?? `The service answered ${response.status}.`);
  return new Refusal(code || `HTTP ${response.status}`, message, response.status, operation);
}
