// @ts-check
// Makes a video: node make_video.mjs face.png "Hello there." talk.mp4
// TALKIES_URL is where the server is, TALKIES_KEY a key of it. Node 20 or later, no package.

import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";

const URL_ = process.env.TALKIES_URL ?? "http://127.0.0.1:8000";
const KEY = process.env.TALKIES_KEY ?? "";

/**
 * @typedef {{url: string, expires_at: string, bytes: number}} File_
 * @typedef {{id: string, status: string, done: boolean, progress: number,
 *   error: {code: string, message: string} | null,
 *   files: Record<string, File_>, urls: Record<string, string>}} Job
 */

/**
 * The answer of a route; one of failure is thrown with what it says.
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
async function call(url, options = {}) {
  const headers = { "X-API-Key": KEY, ...options.headers };
  const answer = await fetch(url, { ...options, headers });
  if (!answer.ok) {
    const { error } = await answer.json();
    throw new Error(`${error.code}: ${error.message} ${error.hint}`);
  }
  return answer;
}

/**
 * The id of a file as an asset: sent once, it can be used in many requests.
 * @param {string} path
 * @returns {Promise<string>}
 */
async function upload(path) {
  const form = new FormData();
  form.append("file", new Blob([await readFile(path)]), basename(path));
  const asset = await (await call(`${URL_}/v1/assets`, { method: "POST", body: form })).json();
  return asset.id;
}

/**
 * The new job. Sent again with the same Idempotency-Key, it is the same job.
 * @param {string} portrait
 * @param {string} text
 * @returns {Promise<Job>}
 */
async function create(portrait, text) {
  const answer = await call(`${URL_}/v1/videos`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": randomUUID() },
    body: JSON.stringify({ portrait, text, output: { resolution: "480p" } }),
  });
  return answer.json();
}

/**
 * What happens to a job, as it happens (server-sent events), until it is done.
 * @param {string} url
 * @returns {AsyncGenerator<{type: string, data: Record<string, unknown>}>}
 */
async function* events(url) {
  const { body } = await call(url);
  const decoder = new TextDecoder();
  let waiting = "";
  for await (const piece of /** @type {any} */ (body)) {
    waiting += decoder.decode(piece, { stream: true });
    const lines = waiting.split("\n");
    waiting = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("data: ")) yield JSON.parse(line.slice("data: ".length));
    }
  }
}

const [portrait, text, output] = process.argv.slice(2);
let job = await create(await upload(portrait), text);
for await (const event of events(job.urls.events)) {
  console.error(event.type, JSON.stringify(event.data));
}
job = await (await call(job.urls.self)).json();
if (job.status !== "succeeded") {
  throw new Error(`It ${job.status}: ${JSON.stringify(job.error)}`);
}
// The link needs no key and is good for six hours.
const video = await fetch(job.files.video.url);
await writeFile(output, Buffer.from(await video.arrayBuffer()));
console.log(output);
