/** Datasets: their schemas, how their imports went, and a file to import. */
import { useMemo } from "preact/hooks";
import { ask, call, every, type Reply } from "../api";
import { underWay, useAsked } from "../asking";
import { connection } from "../connection";
import { REQUIRED, faultsOf, headOf, schemaOf, type DatasetType, type Head } from "../csv";
import { useDraft } from "../drafts";
import { newestFirst, type Group } from "../group";
import { markOf, stepsOf, usualBucket } from "../imports";
import { Plan } from "../plan";
import { remember, route, to } from "../router";
import { Card, Choice, Code, Field, Form, Loading, Note, Problem, Progress, Status, Table, When, count, nameOf, noteOf, progressOf } from "../ui";

const TYPES: [DatasetType, string][] = [
  ["Interactions", "Who did what with which item, and when. The one that everything needs."],
  ["Items", "What the items are: genres, prices, texts. For filters, new items and names."],
  ["Users", "Who the users are. For filters and people without a history."],
  ["Actions", "What a user may be asked to do, for next-best-action."],
  ["Action_Interactions", "What users did with actions."],
];
const SHOWN = 5; // imports of each dataset

interface Imported {
  job: Reply;
  report: Record<string, unknown> | null;
  progress: { share: number; text: string } | null;
}

interface Kept {
  dataset: Reply;
  schema: string;
  imports: Imported[];
}

async function datasets(group: Group): Promise<Map<string, Kept>> {
  const all = await every("ListDatasets", "datasets", { datasetGroupArn: group.arn });
  const pairs = all.map(async (summary): Promise<[string, Kept]> => {
    const arn = String(summary["datasetArn"]);
    const [dataset, jobs] = await Promise.all([
      ask("DescribeDataset", { datasetArn: arn }), every("ListDatasetImportJobs", "datasetImportJobs", { datasetArn: arn }),
    ]);
    const described = dataset["dataset"] as Reply;
    const schema = (await ask("DescribeSchema", { schemaArn: String(described["schemaArn"]) }))["schema"] as Reply;
    return [String(summary["datasetType"]).toUpperCase(), {
      dataset: described, schema: String(schema["schema"]),
      imports: await Promise.all(newestFirst(jobs).slice(0, SHOWN).map((job) => imported(String(job["datasetImportJobArn"])))),
    }];
  });
  return new Map(await Promise.all(pairs));
}

async function imported(arn: string): Promise<Imported> {
  const { reply, headers } = await call("DescribeDatasetImportJob", { datasetImportJobArn: arn });
  return { job: reply["datasetImportJob"] as Reply, report: noteOf(headers, "imported"), progress: progressOf(headers) };
}

export function Data({ group }: { group: Group }) {
  const asked = useAsked(`datasets ${group.arn}`, () => datasets(group), (all) => [...all.values()].some(isBusy));
  const chosen = (route.value.query.get("type") ?? "") as DatasetType | "";
  return (
    <>
      <h1>Data</h1>
      <Problem error={asked.error} again={asked.again} />
      {!asked.data && !asked.error && <Loading what="the datasets" />}
      {asked.data && TYPES.map(([type, about]) => {
        const kept = asked.data?.get(type.toUpperCase());
        const open = chosen === type || (!chosen && !asked.data?.size && type === "Interactions");
        return (
          <Card key={type} title={type.replace("_", " ")} side={kept ? <Status status={kept.dataset["status"]} /> : <span class="hint">not there</span>}>
            <p>{about}</p>
            {kept && <Rows kept={kept} />}
            {kept?.imports.some((each) => each.job["status"] === "ACTIVE") && <p><a href={to("g", group.name, "insights")}>What is in it: insights</a></p>}
            {open
              ? <Import group={group} type={type} dataset={kept?.dataset} onDone={() => { remember({ type: "" }); asked.again(); }} />
              : <button type="button" onClick={() => remember({ type })}>{kept ? "Import another file" : "Import a CSV file"}</button>}
          </Card>
        );
      })}
    </>
  );
}

function isBusy(kept: Kept): boolean {
  return underWay(kept.dataset["status"]) || kept.imports.some((each) => underWay(each.job["status"]));
}

function Rows({ kept }: { kept: Kept }) {
  return (
    <>
      {kept.imports.map((each) => <Job key={String(each.job["datasetImportJobArn"])} of={each} />)}
      {!kept.imports.length && <p class="hint">Nothing was imported yet.</p>}
      <details class="same"><summary>Schema</summary><Code label="Avro" text={indented(kept.schema)} /></details>
    </>
  );
}

function indented(schema: string): string {
  try {
    return JSON.stringify(JSON.parse(schema), null, 1);
  } catch {
    return schema;
  }
}

function Job({ of: { job, report, progress } }: { of: Imported }) {
  const counts = Object.entries(report ?? {}).filter(([, value]) => typeof value === "number");
  const warnings = (report?.["warnings"] ?? []) as string[];
  const rejects = (report?.["firstRejects"] ?? []) as Record<string, unknown>[];
  return (
    <div class="job">
      <p><strong>{nameOf(job["datasetImportJobArn"])}</strong> <Status status={job["status"]} /> · <When at={job["creationDateTime"]} />{report && "rows" in report && <> · {count(report["rows"])} rows</>}</p>
      {underWay(job["status"]) && <Progress share={progress?.share ?? 0} text={progress?.text ?? "waiting"} />}
      {job["failureReason"] && <Note kind="warn">{String(job["failureReason"])}</Note>}
      {warnings.map((text) => <Note key={text} kind="warn">{text}</Note>)}
      {rejects.length > 0 && <Table caption="Rejected cells" head={["Line", "Column", "Value", "Rule"]} rows={rejects.map((each) => [count(each["line"]), String(each["column"]), <code>{String(each["value"])}</code>, String(each["rule"])])} />}
      {report?.["rejects"] !== undefined && <p class="hint">All of them: {String(report["rejects"])}</p>}
      {counts.length > 0 && <details class="same"><summary>Counts of this import</summary><Table caption="Counts" head={["", ""]} rows={counts.map(([name, value]) => [name, count(value)])} /></details>}
    </div>
  );
}

function Import({ group, type, dataset, onDone }: { group: Group; type: DatasetType; dataset: Reply | undefined; onDone: () => void }) {
  const [file, setFile] = useDraft<File | null>(`${type} file`, null);
  const [head, setHead] = useDraft<Head | null>(`${type} head`, null);
  const [schema, setSchema] = useDraft(`${type} schema`, "");
  const [bucket, setBucket] = useDraft(`${type} bucket`, usualBucket());
  const [role, setRole] = useDraft(`${type} role`, "");
  const [mode, setMode] = useDraft<"FULL" | "INCREMENTAL">(`${type} mode`, "FULL");
  const mark = useMemo(markOf, [file, schema]);
  const choose = async (chosen: File | null): Promise<void> => {
    setFile(chosen);
    setHead(null);
    if (!chosen) return;
    const found = await headOf(chosen);
    setHead(found);
    setSchema(schemaOf(found, type));
  };
  const done = (): void => {
    void choose(null);
    onDone();
  };
  const faults = head ? faultsOf(head, type) : [];
  const steps = file ? stepsOf({ group, type, file, bucket, schema, dataset, mode, roleArn: role, mark }) : [];
  return (
    <Form onSubmit={() => undefined}>
      <div class="field">
        <label for={`file-${type}`}>CSV file with a header: {Object.keys(REQUIRED[type]).join(", ")} and what else you know</label>
        <input id={`file-${type}`} type="file" accept=".csv,text/csv" onChange={(event) => void choose(event.currentTarget.files?.[0] ?? null)} />
        {file && <p class="hint">{file.name}, {count(file.size)} bytes</p>}
      </div>
      {head && <Preview head={head} />}
      {faults.map((fault) => <Note key={fault} kind="warn">{fault}</Note>)}
      {head && !dataset && faults.length === 0 && <Field label="Schema, as the file's first rows suggest it" rows={10} value={schema} onChange={setSchema} hint="categorical: values that repeat; textual: prose. Change what is wrong." />}
      {head && dataset && <Choice label="Mode" value={mode} onChange={(value) => setMode(value as typeof mode)} options={[["FULL", "Replace what was imported"], ["INCREMENTAL", "Add to it"]]} />}
      {file && !connection.value.local && <Field label="Bucket" value={bucket} onChange={setBucket} required hint="Must let this page's origin PUT (CORS)." />}
      {file && <Field label="Role that may read it" value={role} onChange={setRole} placeholder="arn:aws:iam::123456789012:role/reader" hint={connection.value.local ? "Empty will do, but of a strict service: the file goes into the service's own bucket, under uploads/." : "Empty: the service's own role, which must be allowed to."} />}
      {file && <Plan steps={steps} label={`Import ${file.name}`} disabled={faults.length > 0 || !head || !bucket} onDone={done} />}
    </Form>
  );
}

function Preview({ head }: { head: Head }) {
  return <Table caption="The first rows" head={head.columns} rows={head.rows.slice(0, 5).map((row) => head.columns.map((_, at) => (row[at] ?? "").slice(0, 80)))} />;
}
