import { BridgeError, type Kit, type SetupStep } from "casethread/adapter";
import { fetched } from "./client.ts";
import { hasButton, type Means, webhookOf } from "./findings.ts";
import { fields, lackingOf, subscribe } from "./sweep.ts";

/** What has to be done at Meta and is not done yet: the app's webhook, each Page's subscription and its button. */
export const stepsOf = async (
  { ask, options, accounts }: Means,
  url: string | undefined,
  kit: Kit,
): Promise<readonly SetupStep[]> => {
  const [first] = accounts;
  const { id: app } = options.app;
  if (first === undefined || app === undefined || url === undefined) {
    const say =
      app === undefined
        ? "app.id (FACEBOOK_APP_ID) is not given: give it, for the app's webhook cannot be registered without it."
        : "where Meta is to deliver is not known: name the bridge's address (at, --at https://bridge.example).";
    throw new BridgeError(say, { fault: "invalid", adapter: "facebook", landed: "no" });
  }
  const steps: SetupStep[] = [];
  const hook = await webhookOf(ask, first, app, kit);
  if (hook?.url !== url || !hook.active || hook.lacking.length > 0)
    steps.push({
      say: `register the app's webhook for Pages at ${url}${hook === undefined || hook.url === url ? "" : `, in place of ${hook.url}`}; Meta asks it to answer a challenge, so the bridge must be up`,
      run: async (now) => {
        const [verifyToken = ""] = await fetched("app.verifyToken", options.app.verifyToken);
        const wanted = {
          object: "page",
          callback_url: url,
          verify_token: verifyToken,
          fields: fields.join(","),
          include_values: true,
        };
        const call = { account: first, method: "POST", path: `${app}/subscriptions`, fields: wanted } as const;
        await ask({ ...call, acts: false, bucket: "pages", as: "app" }, now).catch((thrown: unknown) => {
          const { fault } = BridgeError.from(thrown, "facebook");
          if (fault !== "invalid") throw thrown;
          const say = `Meta does not take ${url}: is the bridge up there, with this app's verify token, and can it be reached from outside?`;
          throw new BridgeError(say, { fault, adapter: "facebook", landed: "no", cause: thrown });
        });
        return `Meta delivers to ${url}`;
      },
    });
  for (const account of accounts) {
    const { known, lacking } = await lackingOf(ask, account, app, kit);
    if (lacking.length > 0)
      steps.push({
        say: `subscribe Page ${account.id} to ${lacking.join(", ")}`,
        run: async (now) => {
          await subscribe(ask, account, known, now);
          return `Page ${account.id} is subscribed to ${lacking.length} fields more`;
        },
      });
    if ((await hasButton(ask, account, kit)) === false)
      steps.push({
        say: `set a Get Started button on Page ${account.id}`,
        run: async (now) => {
          const path = `${account.id}/messenger_profile`;
          const button = { get_started: { payload: "GET_STARTED" } };
          await ask({ account, method: "POST", path, fields: button, acts: false, bucket: "messenger" }, now);
          return `Page ${account.id} has a Get Started button`;
        },
      });
  }
  return steps;
};
