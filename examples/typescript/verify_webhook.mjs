// @ts-check
// Verifies what a webhook brought: node verify_webhook.mjs ID TIMESTAMP SIGNATURE < body
// The three are the headers webhook-id, webhook-timestamp and webhook-signature;
// TALKIES_WEBHOOK_SECRET is the whsec_… that was shown when the address was added. The package
// `standardwebhooks` does the same.

import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

// Seconds that a webhook may be old: who recorded one cannot send it again tomorrow.
const TOLERANCE = 300;

/**
 * Throws where the body is not what was signed with the secret just now.
 * @param {string} secret
 * @param {string} id
 * @param {string} timestamp
 * @param {string} signatures
 * @param {Buffer} body
 */
export function verify(secret, id, timestamp, signatures, body) {
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE)) {
    throw new Error("The webhook is too old, or from the future.");
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const hash = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
  const expected = Buffer.from(`v1,${hash}`);
  // There are two signatures while a secret is being replaced.
  const same = signatures.split(" ").map((each) => Buffer.from(each)).some(
    (each) => each.length === expected.length && timingSafeEqual(each, expected),
  );
  if (!same) throw new Error("The signature is wrong.");
}

const [id, timestamp, signatures] = process.argv.slice(2);
verify(process.env.TALKIES_WEBHOOK_SECRET ?? "", id, timestamp, signatures, readFileSync(0));
console.log("verified");
