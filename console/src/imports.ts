/** The steps from a file to a dataset with its rows in it. */
import type { Reply } from "./api";
import { BUCKET, UPLOAD } from "./code";
import { connection } from "./connection";
import type { DatasetType } from "./csv";
import { arnOf, type Group } from "./group";
import type { Step } from "./plan";

export interface Upload {
  group: Group;
  type: DatasetType;
  file: Blob;
  bucket: string;
  schema: string;
  /** The dataset, where there is one already. */
  dataset?: Reply | undefined;
  mode: "FULL" | "INCREMENTAL";
  roleArn: string;
  /** What makes names unique. */
  mark: string;
}

/** Return the bucket of the service itself, which it may read without another role. */
export function usualBucket(): string {
  const { account, region } = connection.value;
  return account ? `tastemaker-data-${account}-${region}` : "";
}

export function stepsOf(upload: Upload): Step[] {
  const { group, type, bucket, mark } = upload;
  const stem = type.toLowerCase();
  const name = `${group.name}-${stem}`.slice(0, 63);
  const key = `uploads/${group.name}/${mark}/${stem}.csv`;
  const dataset = String(upload.dataset?.["datasetArn"] ?? arnOf("dataset", `${group.name}/${type.toUpperCase()}`));
  const named = `${name.slice(0, 50)}-${mark}`;
  const schema = arnOf("schema", named);
  const members = { ...(group.domain ? { domain: group.domain } : {}) };
  const made: Step[] = upload.dataset ? [] : [
    { title: `Schema ${named}`, operation: "CreateSchema", members: { name: named, schema: upload.schema, ...members } },
    {
      title: `Dataset ${name}`, operation: "CreateDataset",
      members: { name, datasetGroupArn: group.arn, datasetType: type, schemaArn: schema },
      until: ["DescribeDataset", { datasetArn: dataset }, "dataset"],
    },
  ];
  return [
    ...made,
    ...(bucket === usualBucket() ? [] : [{ title: `Bucket ${bucket}`, operation: BUCKET, members: { Bucket: bucket } }]),
    { title: `Upload ${stem}.csv`, operation: UPLOAD, members: { Bucket: bucket, Key: key }, body: upload.file },
    {
      title: "Start the import", operation: "CreateDatasetImportJob",
      members: {
        jobName: `${name.slice(0, 48)}-${mark}`, datasetArn: dataset, dataSource: { dataLocation: `s3://${bucket}/${key}` },
        roleArn: upload.roleArn, importMode: upload.mode,
      },
    },
  ];
}

/** Return what makes a name of this moment unique. */
export function markOf(): string {
  return new Date().toISOString().replace(/\D/g, "").slice(2, 14);
}
