// The platform's own way into the queue: adds a job as its web front does, and waits for its end.
//
// node bullmq_producer.mjs MODULES REDIS_URL JOB.json   prints the job as the front reads it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, url, file] = process.argv.slice(2);
const require = createRequire(modules);
const { Queue, QueueEvents } = require("bullmq");
const Redis = require("ioredis");

const connection = () => new Redis(url, { maxRetriesPerRequest: null });
const queue = new Queue("sadtalker-jobs", {
  connection: connection(),
  defaultJobOptions: { attempts: 3, backoff: { type: "exponential", delay: 200 } },
});
const events = new QueueEvents("sadtalker-jobs", { connection: connection() });
await events.waitUntilReady();
const job = await queue.add("generate", JSON.parse(readFileSync(file, "utf8")));
await job.waitUntilFinished(events, 60_000).catch(() => undefined);
const done = await queue.getJob(job.id);
const { returnvalue, failedReason, attemptsMade, progress } = done;
const state = await done.getState();
process.stdout.write(JSON.stringify({ id: job.id, state, returnvalue, failedReason, attemptsMade, progress }));
process.exit(0);
