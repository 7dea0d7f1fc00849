import { createBridge } from "casethread";
import { salesforce } from "casethread/salesforce";
import { x } from "casethread/x";

const bridge = createBridge({ channels: [x.fromEnv(process.env)], crm: salesforce.fromEnv(process.env) });

const talk = await bridge.conversation({ url: "https://x.com/i/status/1871234567890" });
if (talk !== undefined) {
  console.log(talk.case.number, talk.case.url, talk.stage);
  console.log(bridge.explain(talk)); // why all that happened did, without anybody's words

  await bridge.answer({ key: "desk-1", post: talk.post!.ref, text: "We are on it.", side: "public" });
  await bridge.assign({ key: "desk-2", post: talk.post!.ref, to: "PR" });
}

const pause = await bridge.pause({ words: "automatic", reason: "bad day" }); // when it returns, nothing more leaves
await bridge.resume(pause.id); // what waited never leaves by itself: bridge.held() lists it
