// What Rhubarb Lip Sync hears in recordings.
//
//     npm ci --prefix benchmarks/rhubarb
//     node benchmarks/rhubarb/record.mjs FOLDER
//
// FOLDER has `list.json`, an array of {"file": "0.pcm", "text": "..."}; the files are raw 16-bit
// samples, 16 kHz, mono. Writes `cues.json` there: for each the cues with the text as dialog.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Rhubarb } from "rhubarb-lip-sync-wasm";

const folder = process.argv[2];
const list = JSON.parse(await readFile(join(folder, "list.json"), "utf8"));
const found = [];
for (const { file, text } of list) {
  const samples = await readFile(join(folder, file));
  const { mouthCues } = await Rhubarb.getLipSync(samples, { dialogText: text });
  found.push(mouthCues.map(({ start, end, value }) => [start, end, value]));
  process.stderr.write(`${found.length}/${list.length}\n`);
}
await writeFile(join(folder, "cues.json"), JSON.stringify(found));
