/** The first lines of what a finished job has written, read from S3 where the page may. */
import { firstBytes, keysBelow, type Reply } from "../api";
import { useAsked } from "../asking";
import { asCopy } from "../code";
import { headOf } from "../csv";
import { door } from "../signin";
import { Card, Code, Loading, Note, Problem, Table } from "../ui";

const LOOKED = 64 * 1024; // bytes of a file
const SHOWN = 5; // lines
const NAMED = 5; // items or users of a line
const LONGEST = 300; // characters of a line that is no JSON

interface First {
  key: string;
  head: string[];
  rows: string[][];
}

/** Return the place that a job writes to, as S3 URI. */
export function resultOf(job: Reply): string {
  return String(job["jobOutput"]?.["s3DataDestination"]?.["path"] ?? "");
}

export function Results({ name, job }: { name: string; job: Reply }) {
  const place = resultOf(job);
  const asked = useAsked(door.value ? null : `results ${name} ${place}`, () => firstOf(job));
  return (
    <Card title={`First lines of ${name}`} side={<small>{asked.data?.key}</small>}>
      {door.value && <Note>The console on AWS calls the API and nothing else, so it reads no files. This does:</Note>}
      {asked.loading && <Loading what="the first lines" />}
      <Problem error={asked.error} again={asked.again} />
      {asked.data && <Table caption={`First lines of ${asked.data.key}`} head={asked.data.head} rows={asked.data.rows} />}
      <Code label="All of it, with the AWS CLI" text={asCopy(place)} />
    </Card>
  );
}

async function firstOf(job: Reply): Promise<First> {
  const [bucket = "", ...folders] = resultOf(job).replace("s3://", "").split("/");
  const key = await keyOf(job, bucket, folders.join("/"));
  const text = await firstBytes(bucket, key, LOOKED);
  const whole = text.slice(0, text.lastIndexOf("\n") + 1) || text;
  if (job["datasetArn"]) {
    const { columns, rows } = await headOf(new Blob([whole]));
    return { key, head: columns, rows: rows.slice(0, SHOWN) };
  }
  return { key, head: ["Line", "Answer"], rows: whole.trimEnd().split("\n").slice(0, SHOWN).map(rowOf) };
}

/** Exports are named after their jobs, answers after the lines' own file; of a folder of lines the first is shown. */
async function keyOf(job: Reply, bucket: string, folder: string): Promise<string> {
  const below = folder && !folder.endsWith("/") ? `${folder}/` : folder;
  if (job["datasetArn"]) return `${below}${job["jobName"]}.csv`;
  const given = String(job["jobInput"]?.["s3DataSource"]?.["path"] ?? "").split("/").pop();
  if (given) return `${below}${given}.out`;
  return (await keysBelow(bucket, below)).find((each) => each.endsWith(".out")) ?? `${below}.out`;
}

function rowOf(line: string): string[] {
  try {
    const { input, output, error } = JSON.parse(line) as Reply;
    return [JSON.stringify(input), error ? String(error) : answerOf(output as Reply)];
  } catch {
    return ["", line.slice(0, LONGEST)];
  }
}

function answerOf(output: Reply): string {
  const all = (output["recommendedItems"] ?? output["usersList"] ?? []) as string[];
  const more = all.length > NAMED ? `, and ${all.length - NAMED} more` : "";
  return `${output["theme"] ? `${output["theme"]}: ` : ""}${all.slice(0, NAMED).join(", ")}${more}`;
}
