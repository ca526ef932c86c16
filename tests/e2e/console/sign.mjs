// Signs the requests of a JSON file with the console's own signer, and prints the headers.
import { readFileSync } from "node:fs";
import { sign } from "./sigv4.mjs";

const signed = [];
for (const { request, keys, scope, moment } of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  signed.push(await sign(request, keys, scope, moment));
}
console.log(JSON.stringify(signed));
