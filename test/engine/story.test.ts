import { describe, expect, it } from "vitest";
import { createWorld } from "../made-up/world.ts";

describe("one post, from the webhook to the closing word", () => {
  it("becomes a case, goes private, and its end comes home", async () => {
    await using world = createWorld();
    const { park, desk, bridge } = world;

    const post = park.say("maria", "My coffee was cold, kiosk!");
    expect((await bridge.fetch(park.deliver(post))).status).toBe(200);
    await world.settle();
    const [opened] = [...desk.cases.values()];
    expect(opened).toMatchObject({ closed: false, fields: { awaiting: "us" } });
    const caseKey = opened?.key ?? "";

    desk.answer(caseKey, "So sorry! Tell us more on the bench.", "public");
    await world.settle();
    const reply = [...park.words.values()].find((word) => word.by === "kiosk");
    expect(reply).toMatchObject({ under: post.id, side: "public" });
    const invited = await bridge.conversation({ url: `https://park.test/${post.id}` });
    expect(invited?.stage).toBe("invited");

    park.whisper("maria", `It was order 44871. ${invited?.conversation.invite?.token}`);
    await world.settle();
    const joined = await bridge.conversation({ case: { crm: "desk", id: opened?.id ?? "" } });
    expect(joined?.stage).toBe("private");
    expect(desk.cases.size).toBe(1);

    desk.answer(caseKey, "A new coffee is on its way for order 44871.");
    await world.settle();
    expect([...park.words.values()].filter((word) => word.by === "kiosk" && word.side === "private")).toHaveLength(1);

    desk.close(caseKey);
    await world.settle();
    const closing = [...park.words.values()].filter((word) => word.text.startsWith("Glad it is sorted"));
    expect(closing).toHaveLength(1);
    expect(closing[0]).toMatchObject({
      under: post.id,
      side: "public",
      text: "Glad it is sorted, Name. (automatic message)",
    });

    const talk = await bridge.conversation({ post: { account: { channel: "park", id: "kiosk" }, id: post.id } });
    expect(talk?.stage).toBe("resolved");
    expect(await bridge.parked()).toEqual([]);
    expect(park.requests).toHaveLength(3);
    expect([...desk.entries.values()].map((entry) => entry.state)).toEqual(["said", "sent", "said", "sent", "said"]);
    expect(bridge.explain(talk!)).toContain("a closing word is promised");
  });
});
