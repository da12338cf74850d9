// The Talkies service as this worker speaks to it: the routes of its SadTalker front.

/** Statuses after which the same request may succeed later. */
const RETRYABLE = new Set([408, 409, 429, 500, 502, 503, 504]);

/** Reasons for a failed job after which another try may succeed. */
const PASSING = new Set([
  "CHILD_CRASHED",
  "CHILD_TIMED_OUT",
  "DISK_FULL",
  "ENGINE_NO_OUTPUT",
  "ENGINE_STALLED",
  "FETCH_FAILED",
  "HOST_OOM_OR_KILLED",
  "NO_POD_AVAILABLE",
  "POD_FAILURE",
  "STORAGE_UNAVAILABLE",
  "UNAVAILABLE",
  "WORKER_LOST",
]);

/** What the service refused or could not do. */
export class ServiceError extends Error {
  constructor(message, { retryable }) {
    super(message);
    this.name = "ServiceError";
    this.retryable = retryable;
  }
}

/** Milliseconds that one request may take. */
const REQUEST_MS = 60_000;

/** Tries of a look at a job: the service may be restarting. */
const LOOKS = 6;

export class Service {
  #base;
  #key;
  #limits;
  #pollMs;

  constructor({ serviceUrl, apiKey, maxImageBytes, maxAudioBytes, pollMs }) {
    this.#base = serviceUrl.replace(/\/+$/, "");
    this.#key = apiKey;
    this.#limits = { image: maxImageBytes, audio: maxAudioBytes };
    this.#pollMs = pollMs;
  }

  /** Makes the service's job; the same `requestId` again finds the same one. Returns its id. */
  async create(job, requestId) {
    const data = job.data ?? {};
    const body =
      data.imageFile || data.audioFile ? this.#form(data, requestId) : this.#document(data, requestId);
    const made = await this.#ask("POST", "/api/sadtalker/create", body);
    return made.jobId;
  }

  /** How far a job is: `state`, `progress`, `result`, `error`. */
  async status(id) {
    for (let look = 1; ; look += 1) {
      try {
        return await this.#ask("GET", `/api/sadtalker/status?id=${encodeURIComponent(id)}`);
      } catch (error) {
        if (look === LOOKS || !error.retryable) throw error;
        await new Promise((resolve) => setTimeout(resolve, this.#pollMs * look));
      }
    }
  }

  /** Ends a job that nobody waits for any more. */
  async cancel(id) {
    const { remoteJobId } = await this.status(id);
    await this.#ask("POST", `/v1/videos/${encodeURIComponent(remoteJobId)}/cancel`);
  }

  /** The error of a job that failed. */
  failure(error) {
    const retryable = PASSING.has(error?.reason);
    return new ServiceError(error?.message ?? "The video was not made.", { retryable });
  }

  #document(data, requestId) {
    const { imageUrl, audioUrl, userId, webhookUrl, options } = data;
    const body = { imageUrl, audioUrl, userId: userId || "anonymous", webhookUrl, options, requestId };
    return { text: JSON.stringify(body), type: "application/json" };
  }

  #form(data, requestId) {
    const form = new FormData();
    form.append("source_image", ...this.#file(data.imageFile, "image"));
    form.append("driven_audio", ...this.#file(data.audioFile, "audio"));
    form.append("userId", data.userId || "anonymous");
    form.append("requestId", requestId);
    if (data.webhookUrl) form.append("webhookUrl", data.webhookUrl);
    for (const [name, value] of fieldsOf(data.options ?? {})) form.append(name, value);
    return { form };
  }

  #file(file, kind) {
    if (!file?.data) {
      throw new ServiceError(`The job has no ${kind} file.`, { retryable: false });
    }
    const bytes = Buffer.from(file.data, "base64");
    if (bytes.length > this.#limits[kind]) {
      const message = `The ${kind} has ${bytes.length} bytes; ${this.#limits[kind]} are taken.`;
      throw new ServiceError(message, { retryable: false });
    }
    return [new Blob([bytes], { type: file.contentType }), file.filename || kind];
  }

  async #ask(method, path, body) {
    const headers = { Authorization: `Bearer ${this.#key}` };
    if (body?.type) headers["Content-Type"] = body.type;
    let response;
    try {
      response = await fetch(this.#base + path, {
        method,
        headers,
        body: body?.form ?? body?.text,
        redirect: "error",
        signal: AbortSignal.timeout(REQUEST_MS),
      });
    } catch (error) {
      const why = error.cause?.code ?? error.message;
      throw new ServiceError(`Talkies does not answer (${why}).`, { retryable: true });
    }
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) {
      const said = typeof answer.error === "string" ? answer.error : answer.error?.message;
      throw new ServiceError(said ?? `Talkies answered ${response.status}.`, {
        retryable: RETRYABLE.has(response.status),
      });
    }
    return answer;
  }
}

/** The options of a job as the fields of a form. */
function* fieldsOf(options) {
  const names = {
    backgroundEnhancer: "background_enhancer",
    poseStyle: "pose_style",
    expressionScale: "expression_scale",
    batchSize: "batch_size",
    inputYaw: "input_yaw",
    inputPitch: "input_pitch",
    inputRoll: "input_roll",
  };
  for (const [name, value] of Object.entries(options)) {
    if (value !== null && value !== undefined && value !== "") yield [names[name] ?? name, String(value)];
  }
}
