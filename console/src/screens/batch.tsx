/** What starts a job: many answers at once, the users of a segment, or a dataset as files. */
import { useState } from "preact/hooks";
import type { Reply } from "../api";
import { UPLOAD } from "../code";
import { connection } from "../connection";
import { among, useDraft } from "../drafts";
import type { Group } from "../group";
import { markOf, usualBucket } from "../imports";
import { Plan, type Step } from "../plan";
import { route } from "../router";
import { Card, Choice, Field, Form, nameOf } from "../ui";

export interface Version {
  arn: string;
  recipe: string;
}

type Kind = "inference" | "segment";

interface Texts {
  title: string;
  about: string;
  operation: string;
  label: string;
}

const KINDS: Record<Kind, Texts> = {
  inference: { title: "Answer many at once", about: "Each line is answered as a campaign of this version would; none is needed.", operation: "CreateBatchInferenceJob", label: "Start the batch job" },
  segment: { title: "Find the users of a segment", about: "For each line the users who are likeliest to take the item, or items of the kind.", operation: "CreateBatchSegmentJob", label: "Start the segment job" },
};
const SEGMENTS = new Set(["aws-item-affinity", "aws-item-attribute-affinity"]);
const OF_ITEMS = /similar|sims|semantic|item-affinity/;

/** Recipes whose answers depend on the moment, of which there are no batch jobs. */
const LIVE_ONLY = new Set(["aws-next-best-action", "aws-trending-now"]);

export function answersBatches({ recipe }: Version): boolean {
  return !SEGMENTS.has(recipe) && !LIVE_ONLY.has(recipe);
}

export function segments(recipe: string): boolean {
  return SEGMENTS.has(recipe);
}

/** Return what a line of the input looks like. */
function lineOf(recipe: string): string {
  if (recipe === "aws-item-attribute-affinity") return JSON.stringify({ itemAttributes: 'ITEMS.GENRES = "Drama"' });
  if (OF_ITEMS.test(recipe)) return JSON.stringify({ itemId: "ITEM" });
  return JSON.stringify(recipe.includes("ranking") ? { userId: "USER", itemList: ["ITEM", "ANOTHER"] } : { userId: "USER" });
}

interface Props {
  kind: Kind;
  group: Group;
  versions: Version[];
  filters: Reply[];
  onDone: () => void;
}

export function Batch({ kind, group, versions, filters, onDone }: Props) {
  const wanted = route.value.query.get("version") ?? "";
  const [picked, setPicked] = useDraft(`${kind} version ${wanted}`, wanted);
  const arn = among(versions.map((each) => each.arn), picked);
  const [lines, setLines] = useDraft(`${kind} lines`, "");
  const [given, setGiven] = useDraft(`${kind} given`, "");
  const [path, setPath] = useDraft(`${kind} path`, "");
  const [many, setMany] = useDraft(`${kind} many`, "");
  const [filter, setFilter] = useDraft(`${kind} filter`, "");
  const [role, setRole] = useDraft(`${kind} role`, "");
  const [mark, setMark] = useState(markOf);
  const { title, about, operation, label } = KINDS[kind];
  const recipe = versions.find((each) => each.arn === arn)?.recipe ?? "";
  const key = `uploads/${group.name}/${mark}/${kind}.json`;
  const bucket = usualBucket();
  const wrong = wrongLine(lines);
  const upload: Step[] = given ? [] : [{ title: "Upload the lines", operation: UPLOAD, members: { Bucket: bucket, Key: key }, text: `${lines.trim()}\n` }];
  const job: Step = {
    title, operation,
    members: {
      jobName: `${group.name.slice(0, 40)}-${kind}-${mark}`, solutionVersionArn: arn, filterArn: filter, roleArn: role,
      numResults: many ? Number(many) : undefined, jobInput: { s3DataSource: { path: given || `s3://${bucket}/${key}` } },
      jobOutput: { s3DataDestination: { path } },
    },
  };
  return (
    <Card title={title}>
      <p>{about}</p>
      <Form onSubmit={() => undefined}>
        <div class="pair">
          <Choice label="Version" value={arn} onChange={setPicked} options={versions.map((each) => [each.arn, `${nameOf(each.arn)} (${each.recipe})`])} />
          <Choice label="Filter" value={filter} onChange={setFilter} options={[["", "none"], ...filters.map((each): [string, string] => [String(each["filterArn"]), String(each["name"])])]} hint="values of its parameters stand in each line, as filterValues" />
          <Field label={kind === "segment" ? "Users of each line" : "Items of each line"} type="number" min="1" value={many} onChange={setMany} placeholder="25" />
        </div>
        <Field label="Lines, a JSON object each" rows={4} value={lines} onChange={setLines} hint={wrong || <>such as <code>{lineOf(recipe)}</code>; {bucket ? <>they are put into <code>{bucket}</code></> : "name a place below"}</>} />
        <div class="pair">
          <Field label="Or a file that is in S3" value={given} onChange={setGiven} placeholder="s3://bucket/users.json" />
          <Field label="Results to" value={path} onChange={setPath} required placeholder="s3://bucket/folder/" />
          <Role what="read the lines and write the results" value={role} onChange={setRole} />
        </div>
        <Plan label={label} disabled={!path || !role || !(given || (lines.trim() && bucket && !wrong))} onDone={() => { setMark(markOf()); onDone(); }} steps={[...upload, job]} />
      </Form>
    </Card>
  );
}

function wrongLine(lines: string): string {
  const at = lines.split("\n").findIndex((line) => line.trim() && !isObject(line));
  return at < 0 ? "" : `Line ${at + 1} is not a JSON object.`;
}

function isObject(line: string): boolean {
  try {
    return (JSON.parse(line) as unknown)?.constructor === Object;
  } catch {
    return false;
  }
}

function Role({ what, value, onChange }: { what: string; value: string; onChange: (value: string) => void }) {
  const { local, account } = connection.value;
  return <Field label={`Role that may ${what}`} value={value} onChange={onChange} required placeholder={`arn:aws:iam::${account || "123456789012"}:role/jobs`} hint={local ? "make it with the IAM of the same URL; docs/batch.md has what it needs" : "it must trust the stack's TaskRoleArn; docs/batch.md has what it needs"} />;
}

export function Export({ of, onDone }: { of: Reply[]; onDone: () => void }) {
  const [picked, setPicked] = useDraft("export dataset", "");
  const dataset = among(of.map((each) => String(each["datasetArn"])), picked);
  const [kind, setKind] = useDraft("export records", "ALL");
  const [path, setPath] = useDraft("export path", "");
  const [role, setRole] = useDraft("export role", "");
  const members = {
    jobName: `export-${markOf()}`, datasetArn: dataset, ingestionMode: kind, roleArn: role, jobOutput: { s3DataDestination: { path } },
  };
  return (
    <Card title="Export a dataset">
      <Form onSubmit={() => undefined}>
        <div class="pair">
          <Choice label="Dataset" value={dataset} onChange={setPicked} options={of.map((each) => [String(each["datasetArn"]), String(each["name"])])} />
          <Choice label="Records" value={kind} onChange={setKind} options={[["ALL", "all"], ["BULK", "imported"], ["PUT", "put one by one"]]} />
          <Field label="To" value={path} onChange={setPath} required placeholder="s3://bucket/folder/" />
          <Role what="write there" value={role} onChange={setRole} />
        </div>
        <Plan label="Export" disabled={!path || !role} onDone={onDone} steps={[{ title: "Export", operation: "CreateDatasetExportJob", members }]} />
      </Form>
    </Card>
  );
}
