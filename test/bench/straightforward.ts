/**
 * The program that one would write without casethread: twitter-api-v2 and jsforce, one call a record, everything in
 * memory. The floor of what is measured against both sandboxes.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { Agent } from "node:https";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Connection } from "jsforce";
import { TwitterApi } from "twitter-api-v2";
import type { XOptions } from "casethread/x";

/** Where the sandboxes are, and what signs in there. */
export interface Sandboxes {
  readonly salesforce: string;
  readonly login: { readonly clientId: string; readonly clientSecret: string };
  readonly xOptions: XOptions;
}

interface Post {
  readonly id: string;
  readonly text: string;
  readonly author_id: string;
  readonly in_reply_to_tweet_id?: string;
}
interface Delivered {
  readonly data: {
    readonly event_type: string;
    readonly filter: { readonly user_id: string };
    readonly payload: Post;
  };
}

interface AnswerRow {
  readonly Id?: string;
  readonly Text__c: string;
  readonly SystemModstamp: string;
  readonly Answers__r: { readonly Casethread_Key__c: string } | null;
}

const entryObject = "Casethread_Entry__c";

/** Signs in with the client credentials of the org. */
const signedIn = async ({ salesforce, login }: Sandboxes): Promise<Connection> => {
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: login.clientId,
    client_secret: login.clientSecret,
  });
  const response = await fetch(new URL("/services/oauth2/token", salesforce), { method: "POST", body });
  const { access_token: accessToken } = (await response.json()) as { readonly access_token: string };
  return new Connection({ loginUrl: salesforce, instanceUrl: salesforce, accessToken, version: "64.0" });
};

/** The program. */
export interface Straightforward {
  /** Takes a signed delivery: a case for whom it has none of, and an entry. The answer is the HTTP status. */
  take(body: Buffer, signature: string): Promise<number>;
  /** Asks the org which answers are new, posts them, and says so there. The answer is how many it found. */
  answerNew(): Promise<number>;
}

const retries = 3;

/** Makes the program. */
export const straightforward = async (sandboxes: Sandboxes): Promise<Straightforward> => {
  const { xOptions } = sandboxes;
  const org = await signedIn(sandboxes);
  const secret = String(xOptions.app.consumerSecret);
  const port = Number(new URL(xOptions.origin ?? "").port);
  const agent = new Agent({ keepAlive: true });
  agent.createConnection = () => connect(port, "127.0.0.1");
  const clients = new Map(
    xOptions.accounts.map(({ id, credentials }) => {
      const { accessToken, accessSecret } = credentials as {
        readonly accessToken: string;
        readonly accessSecret: string;
      };
      const tokens = { appKey: String(xOptions.app.consumerKey), appSecret: secret, accessToken, accessSecret };
      return [id, new TwitterApi(tokens, { httpAgent: agent, compression: "identity" })];
    }),
  );
  const cases = new Map<string, Promise<string>>();
  const known = new Set<string>();
  let since = new Date(0).toISOString();

  const caseOf = (account: string, { author_id: author, text }: Post): Promise<string> => {
    const person = `${account} ${author}`;
    const made =
      cases.get(person) ??
      org
        .sobject("Case")
        .create({ Subject: text.slice(0, 255), Origin: "X", SuppliedName: author })
        .then(({ id }) => id ?? "");
    cases.set(person, made);
    return made;
  };

  const take = async (body: Buffer, signature: string): Promise<number> => {
    const due = createHmac("sha256", secret).update(body).digest();
    const given = Buffer.from(signature.replace("sha256=", ""), "base64");
    if (given.length !== due.length || !timingSafeEqual(given, due)) return 401;
    const { event_type: type, filter, payload } = (JSON.parse(body.toString()) as Delivered).data;
    const account = filter.user_id;
    const entry = `x/${account}/post/${payload.id}`;
    const told = type === "post.mention.create" || type === "post.reply.create";
    if (!told || clients.has(payload.author_id) || known.has(entry)) return 200;
    known.add(entry);
    await org.sobject(entryObject).create({
      Casethread_Key__c: entry,
      Case__c: await caseOf(account, payload),
      Direction__c: "inbound",
      Side__c: "public",
      State__c: "said",
      Author__c: payload.author_id,
      Network__c: "X",
      Text__c: payload.text,
      Sent_At__c: new Date().toISOString(),
    });
    return 200;
  };

  const post = async (account: string, text: string, under: string): Promise<string> => {
    for (let tried = 1; ; tried++) {
      try {
        await clients.get(account)?.v2.reply(text, under);
        return "sent";
      } catch (thrown) {
        // It waits where X wants less for now, as long as X says, and gives up on all else: it cannot know what came of that.
        const { code, rateLimit } = thrown as {
          readonly code?: number;
          readonly rateLimit?: { readonly reset: number };
        };
        if (code !== 429 || rateLimit === undefined || tried === retries) return "failed";
        await sleep(Math.max(0, rateLimit.reset * 1_000 - Date.now()));
      }
    }
  };
  const answer = async ({ Id, Text__c: text, Answers__r: above }: AnswerRow): Promise<void> => {
    const [, account = "", , under = ""] = (above?.Casethread_Key__c ?? "").split("/");
    const state = await post(account, text, under);
    await org.sobject(entryObject).update({ Id: Id ?? "", State__c: state });
  };

  const answerNew = async (): Promise<number> => {
    const { records } = await org.query<AnswerRow>(
      `SELECT Id, Text__c, SystemModstamp, Answers__r.Casethread_Key__c FROM ${entryObject} ` +
        `WHERE Direction__c = 'outbound' AND State__c = 'draft' AND SystemModstamp >= ${since} ORDER BY SystemModstamp`,
    );
    const fresh = records.filter(({ Id }) => Id !== undefined && !known.has(Id));
    for (const { Id, SystemModstamp } of fresh) {
      known.add(Id ?? "");
      since = new Date(SystemModstamp).toISOString();
    }
    await Promise.all(fresh.map(answer));
    return fresh.length;
  };
  return { take, answerNew };
};
