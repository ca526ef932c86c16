/** The same step as boto3 and as AWS CLI, to copy. */
import { apiOf, type Members, type Value } from "./api";
import { connection } from "./connection";

export interface Act {
  operation: string;
  members: Members;
  /** What an upload holds: a file that one has, by its name, or what was typed. */
  file?: string | undefined;
  text?: string | undefined;
  /** The operation that says when it is done, its members, and the member of its reply that has the status. */
  until?: [operation: string, members: Members, member: string] | undefined;
}

/** An upload beside the calls of our API. */
export const UPLOAD = "PutObject";
export const BUCKET = "CreateBucket";
const LOCAL_KEYS = "export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local";

/** Return a Python program that does some steps. */
export function asBoto3(acts: Act[]): string {
  const apis = [...new Set(acts.map((act) => serviceOf(act.operation)))];
  const { url, region, local } = connection.value;
  const made = apis.map((api) => {
    const options = [JSON.stringify(api), `region_name=${JSON.stringify(region)}`];
    if (api !== "s3" || local) options.push(`endpoint_url=${JSON.stringify(url)}`);
    if (local) options.push('aws_access_key_id="local"', 'aws_secret_access_key="local"');
    return `${variable(api)} = boto3.client(${options.join(", ")})`;
  });
  const signing = local ? [] : ["# The gateway wants other signatures: first `tastemaker signing DIR`, then AWS_DATA_PATH=DIR"];
  const modules = acts.some((act) => act.until) ? ["import time", "", "import boto3"] : ["import boto3"];
  return [...signing, ...modules, "", ...made, "", ...acts.map(python)].join("\n");
}

/** Return AWS CLI commands that do some steps; what fails ends them, as an exception ends a program. */
export function asCli(acts: Act[]): string {
  const { url, region, local } = connection.value;
  const head = local ? [LOCAL_KEYS] : [];
  const where = (api: string): string =>
    `--region ${region}${api !== "s3" || local ? ` --endpoint-url ${quoted(url)}` : ""}`;
  return [...head, acts.map((act) => command(act, where(serviceOf(act.operation)))).join(" &&\n")].join("\n");
}

/** Return the AWS CLI command that copies a folder of S3 here. */
export function asCopy(place: string): string {
  const { url, region, local } = connection.value;
  const endpoint = local ? ` --endpoint-url ${quoted(url)}` : "";
  return `${local ? `${LOCAL_KEYS}\n` : ""}aws --region ${region}${endpoint} s3 cp --recursive ${quoted(place)} .`;
}

function command(act: Act, where: string): string {
  if (!act.until) return commandOf(act, where);
  const [operation, members, member] = act.until;
  const look = `${commandOf({ operation, members }, where)} --query ${member}.status --output text`;
  return `${commandOf(act, where)} &&\nuntil ${look} | grep -qE "^ACTIVE|FAILED"; do sleep 1; done`;
}

function commandOf({ operation, members, file, text }: Act, where: string): string {
  const { Bucket, Key } = members as { Bucket?: string; Key?: string };
  if (operation === BUCKET) return `aws ${where} s3api create-bucket --bucket ${quoted(Bucket ?? "")}`;
  if (operation === UPLOAD) {
    const [before, from] = text === undefined ? ["", quoted(file ?? fileOf(Key ?? ""))] : [`printf %s ${quoted(text)} | `, "-"];
    return `${before}aws ${where} s3 cp ${from} ${quoted(`s3://${Bucket}/${Key}`)}`;
  }
  const name = words(operation).join("-");
  return `aws ${where} ${apiOf(operation)} ${name} --cli-input-json ${quoted(JSON.stringify(pruned(members)))}`;
}

function python(act: Act): string {
  if (!act.until) return pythonOf(act);
  const [operation, members, member] = act.until;
  const asked = Object.entries(members).map(([key, value]) => `${key}=${literal(value, 0)}`).join(", ");
  const look = `${variable(serviceOf(operation))}.${words(operation).join("_")}(${asked})["${member}"]["status"]`;
  return `${pythonOf(act)}\nwhile ${look} not in ("ACTIVE", "CREATE FAILED"):\n    time.sleep(1)`;
}

function pythonOf({ operation, members, file, text }: Act): string {
  const name = `${variable(serviceOf(operation))}.${words(operation).join("_")}`;
  const lines = Object.entries(pruned(members) as Members).map(([key, value]) => `    ${key}=${literal(value, 1)},`);
  if (operation === UPLOAD) lines.push(`    Body=${text === undefined ? `open(${JSON.stringify(file ?? fileOf(String(members["Key"])))}, "rb")` : `${JSON.stringify(text)}.encode()`},`);
  return lines.length ? `${name}(\n${lines.join("\n")}\n)` : `${name}()`;
}

function literal(value: Value, depth: number): string {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null || value === undefined) return "None";
  if (typeof value !== "object") return JSON.stringify(value);
  const pad = "    ".repeat(depth + 1);
  const end = "    ".repeat(depth);
  const inside = Array.isArray(value)
    ? value.map((each) => literal(each, depth + 1))
    : Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${literal(each, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const short = `${open}${inside.join(", ")}${close}`;
  return short.length < 80 && !short.includes("\n") ? short : `${open}\n${inside.map((each) => `${pad}${each},`).join("\n")}\n${end}${close}`;
}

/** Leave out what has no value. */
export function pruned(value: Value): Value {
  if (Array.isArray(value)) return value.map(pruned);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => each !== undefined && each !== null && each !== "").map(([key, each]) => [key, pruned(each)]),
  );
}

function serviceOf(operation: string): string {
  return operation === UPLOAD || operation === BUCKET ? "s3" : apiOf(operation);
}

function variable(api: string): string {
  return { "personalize-events": "events", "personalize-runtime": "runtime" }[api] ?? api;
}

function words(operation: string): string[] {
  return operation.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(" ");
}

function fileOf(key: string): string {
  return key.split("/").pop() ?? key;
}

function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}
