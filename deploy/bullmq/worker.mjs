#!/usr/bin/env node
// Works the jobs of a BullMQ queue off by a Talkies service: the place of the platform's own worker.
//
// Producers stay as they are. Each job becomes one job of the service, under an id of its own that a
// second try after a crash finds again, so that nothing is rendered twice.

import { pathToFileURL } from "node:url";

import { UnrecoverableError, Worker } from "bullmq";
import { Redis } from "ioredis";

import { Service, ServiceError } from "./service.mjs";

const MEBIBYTE = 1024 * 1024;

/** What a job waits between two looks at the service's job. */
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The settings, by the platform's own names. Throws an Error that names what is missing. */
export function settingsOf(environment) {
  const named = (...names) => names.map((name) => environment[name]).find(Boolean);
  const number = (name, usual) => {
    const value = Number(environment[name] ?? usual);
    if (!Number.isFinite(value) || value <= 0) throw new Error(`${name} is not a number above 0.`);
    return value;
  };
  const required = (what, ...names) => {
    const value = named(...names);
    if (!value) throw new Error(`${names[0]} is not set: ${what}.`);
    return value;
  };
  return {
    redisUrl: required("the queue's Redis", "SADTALKER_REDIS_URL", "REDIS_URL"),
    serviceUrl: required("the address of Talkies", "TALKIES_URL"),
    apiKey: required("a key of Talkies", "TALKIES_API_KEY", "SADTALKER_REMOTE_API_KEY"),
    queue: environment.SADTALKER_QUEUE ?? "sadtalker-jobs",
    concurrency: number("SADTALKER_WORKER_CONCURRENCY", 1),
    timeoutMs: number("SADTALKER_JOB_TIMEOUT_MS", 480_000),
    pollMs: number("SADTALKER_POLL_MS", 5_000),
    maxImageBytes: number("SADTALKER_MAX_IMAGE_BYTES", 10 * MEBIBYTE),
    maxAudioBytes: number("SADTALKER_MAX_AUDIO_BYTES", 15 * MEBIBYTE),
    lockMs: number("SADTALKER_LOCK_MS", 30_000),
    historyLimit: number("SADTALKER_HISTORY_LIMIT", 50),
  };
}

/** Starts to work; the answer has `close()`, which lets running jobs end. */
export function start(settings, log = console) {
  const redis = new Redis(settings.redisUrl, { maxRetriesPerRequest: null });
  const service = new Service(settings);
  const run = (job) => work(job, { service, redis, settings });
  const worker = new Worker(settings.queue, run, {
    connection: redis,
    concurrency: settings.concurrency,
    // A worker that died loses its jobs to others after so long.
    lockDuration: settings.lockMs,
    stalledInterval: settings.lockMs,
  });
  worker.on("failed", (job, error) => log.error(`job ${job?.id} failed: ${error.message}`));
  worker.on("completed", (job) => log.info(`job ${job.id} is done`));
  worker.on("error", (error) => log.error(`queue: ${error.message}`));
  redis.on("error", (error) => log.error(`redis: ${error.message}`));
  return {
    close: async () => {
      await worker.close();
      redis.disconnect();
    },
  };
}

/** Makes the video of one job; what it returns is the job's result. */
async function work(job, { service, redis, settings }) {
  const startedAt = Date.now();
  try {
    const id = await service.create(job, requestIdOf(job, settings.queue));
    const made = await followed(job, id, service, settings, startedAt);
    const result = {
      videoUrl: made.videoUrl,
      remoteJobId: made.remoteJobId,
      durationMs: Date.now() - startedAt,
      storage: made.storage,
    };
    await remember(redis, job, result, settings.historyLimit);
    return result;
  } catch (error) {
    // Another try changes nothing about a picture without a face.
    if (error instanceof ServiceError && !error.retryable) {
      throw new UnrecoverableError(error.message);
    }
    throw error;
  }
}

/** The id of the service's job: the same until that job itself has failed, whatever else fails. */
export function requestIdOf(job, queue) {
  return `${queue}:${job.id}:${job.timestamp}:${job.data?.talkiesTry ?? 0}`.slice(-200);
}

/** Lets the next try be another job of the service: this one is over. */
const another = (job) =>
  job.updateData({ ...job.data, talkiesTry: (job.data?.talkiesTry ?? 0) + 1 });

/** The finished video; relays progress meanwhile. Throws when it fails or takes too long. */
async function followed(job, id, service, settings, startedAt) {
  for (;;) {
    const known = await service.status(id);
    if (known.state === "completed") {
      await job.updateProgress({ value: 100, remoteJobId: known.remoteJobId, remoteState: "succeeded" });
      return known.result;
    }
    if (known.state === "failed") {
      await another(job);
      throw service.failure(known.error);
    }
    await job.updateProgress({
      value: Math.round(known.progress),
      remoteJobId: known.remoteJobId,
      remoteState: known.state === "active" ? "running" : "queued",
    });
    if (Date.now() - startedAt > settings.timeoutMs) {
      await service.cancel(id);
      await another(job);
      throw new Error(`The video took longer than ${settings.timeoutMs / 1000} s.`);
    }
    await wait(settings.pollMs);
  }
}

/** Keeps the result in the user's list, where the platform's pages look. */
async function remember(redis, job, result, limit) {
  const user = typeof job.data?.userId === "string" ? job.data.userId.trim() : "";
  const key = `sadtalker:history:${user || "anonymous"}`;
  const record = {
    jobId: job.id,
    remoteJobId: result.remoteJobId,
    videoUrl: result.videoUrl,
    durationMs: result.durationMs,
    createdAt: new Date().toISOString(),
    options: job.data?.options ?? null,
    packageInstanceId: job.data?.packageInstanceId ?? null,
  };
  await redis.multi().lpush(key, JSON.stringify(record)).ltrim(key, 0, limit - 1).exec();
}

function main() {
  const settings = settingsOf(process.env);
  const running = start(settings);
  console.info(`working off ${settings.queue}, ${settings.concurrency} at a time`);
  let stopping = false;
  const stop = async (signal) => {
    if (stopping) process.exit(1);
    stopping = true;
    console.info(`${signal}: running jobs may end; once more ends at once`);
    await running.close();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => stop(signal));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    main();
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}
