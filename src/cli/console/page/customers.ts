import { byId, h, icon, list, put, time } from "./dom.ts";
import type { Letter, Network, Parts, Person, Post } from "./model.ts";

/** What the visitor does as a customer. */
export type CustomerAct = (verb: "say" | "write" | "follow" | "remove", what: object) => Promise<boolean>;

const samples: Readonly<Record<Network, string>> = {
  x: "@acme_help my parcel has been lost for a week and nobody answers. Really?",
  facebook: "My parcel has been lost for a week and nobody answers. Really?",
};
const starts: Readonly<Record<Network, string>> = { x: "@acme_help ", facebook: "" };

/** The left side of the page: the feed and the private side, as customers have them. */
export interface Customers {
  show(parts: Partial<Parts>, now: number): void;
}

/** Brings the left side to life. `toPrivate`: the private side is to be seen, on a screen that shows one at a time. */
export const createCustomers = (act: CustomerAct, toPrivate: () => void): Customers => {
  const speaker = byId("speaker") as HTMLFormElement;
  const who = speaker.elements.namedItem("customer") as HTMLSelectElement;
  const posting = { form: byId("post") as HTMLFormElement, text: byId("post-text") as HTMLTextAreaElement };
  const writing = { form: byId("letter") as HTMLFormElement, text: byId("letter-text") as HTMLTextAreaElement };
  let shown: Partial<Parts> = {};
  let now = 0;
  let replyTo: Post | undefined;
  let following: Post | undefined;
  let spoken = false;
  let seen: string | undefined;

  const network = (): Network => (new FormData(speaker).get("network") === "facebook" ? "facebook" : "x");
  const person = (): Person | undefined => shown.cast?.customers.find(({ id }) => id === who.value);

  const labels = (): void => {
    const name = person()?.name ?? "a customer";
    const post = replyTo === undefined ? `Post as ${name}` : `Reply to ${replyTo.by} as ${name}`;
    put(byId("post-label"), network() === "facebook" && replyTo === undefined ? `Comment as ${name}` : post);
    put(byId("post-send"), replyTo === undefined ? "Post" : "Reply");
    byId("post-cancel").hidden = replyTo === undefined;
    put(
      byId("letter-label"),
      following === undefined ? `Write to the brand as ${name}` : `Take up the invitation as ${name}`,
    );
    byId("letter-cancel").hidden = following === undefined;
  };
  const begin = (): void => {
    posting.text.value = spoken ? starts[network()] : samples[network()];
  };
  const stop = (): void => {
    replyTo = undefined;
    following = undefined;
    labels();
  };

  const invitation = (post: Post): HTMLElement =>
    h(
      "button",
      {
        type: "button",
        class: "invite",
        "data-does": "follow",
        click: () => {
          following = post;
          labels();
          if (writing.text.value === "") writing.text.value = "It is order 4711-0815, for Keller.";
          toPrivate();
          writing.text.focus();
        },
      },
      icon("private"),
      "Send a private message",
    );
  const small = (does: string, label: string, name: string, click: () => void): HTMLElement =>
    h("button", { type: "button", class: "quiet", "data-does": does, "aria-label": `${label}: ${name}`, click }, label);

  const postOf = (post: Post): HTMLElement => {
    const gone = post.state === "gone";
    return h(
      "li",
      {
        class: `post${post.brand ? " brand" : ""}${post.depth > 0 ? " under" : ""}`,
        "data-depth": Math.min(post.depth, 3),
      },
      h(
        "p",
        { class: "meta" },
        h("strong", {}, post.by),
        post.handle !== "" && h("span", { class: "handle" }, post.handle),
        post.brand && h("span", { class: "badge" }, "the brand"),
        post.state === "hidden" && h("span", { class: "badge" }, "hidden"),
        time(post.at, now),
      ),
      h("p", { class: gone ? "words gone" : "words", dir: "auto" }, gone ? "This post was taken back." : post.text),
      !gone &&
        h(
          "p",
          { class: "row" },
          post.invite && invitation(post),
          small("reply", "Reply", `to ${post.by}, ${post.text.slice(0, 40)}`, () => {
            replyTo = post;
            labels();
            if (posting.text.value === samples[network()] || posting.text.value === starts[network()])
              posting.text.value = "";
            posting.text.focus();
          }),
          !post.brand &&
            small(
              "remove",
              "Take back",
              post.text.slice(0, 40),
              () => void act("remove", { network: post.network, post: post.id }),
            ),
        ),
    );
  };

  const letterOf = (one: Letter): HTMLElement =>
    h(
      "li",
      { class: one.ours ? "letter ours" : "letter" },
      h(
        "p",
        { class: "meta" },
        h("strong", {}, one.ours ? `Acme to ${one.with}` : one.with),
        one.ours && h("span", { class: "badge" }, "the brand"),
        time(one.at, now),
      ),
      h("p", { class: "words", dir: "auto" }, one.text),
    );
  const nothing = (say: string): HTMLElement => h("li", { class: "empty" }, say);

  /** Scrolls the feed to a post, and nothing else: the page stays where it is. */
  const bringUp = (feed: HTMLElement, id: string): void => {
    const post = feed.querySelector<HTMLElement>(`[data-key="${CSS.escape(id)}"]`);
    if (post === null) return;
    const [inside, around] = [post.getBoundingClientRect(), feed.getBoundingClientRect()];
    if (inside.bottom > around.bottom) feed.scrollTop += inside.bottom - around.bottom;
    if (inside.top < around.top) feed.scrollTop -= around.top - inside.top;
  };

  const render = (): void => {
    const posts = (shown.feed ?? []).filter((post) => post.network === network());
    // What somebody wrote in private nobody else sees.
    const letters = (shown.letters ?? []).filter((one) => one.network === network() && one.with === person()?.name);
    const newest = posts.reduce<Post | undefined>(
      (last, one) => (last === undefined || one.at >= last.at ? one : last),
      undefined,
    );
    const stays = (one: HTMLElement): boolean => one.scrollHeight - one.scrollTop - one.clientHeight < 40;
    const [feed, mail] = [byId("posts") as HTMLOListElement, byId("letters") as HTMLOListElement];
    const atEnd = stays(mail);
    if (posts.length === 0)
      list(feed, ["empty"], String, () => nothing("Nobody has posted yet. Post below, and watch."));
    else list(feed, posts, ({ id }) => id, postOf);
    if (newest !== undefined && newest.id !== seen) bringUp(feed, newest.id);
    seen = newest?.id;
    if (letters.length === 0)
      list(mail, ["empty"], String, () =>
        nothing("Nothing yet. The brand’s first public answer brings an invitation."),
      );
    else list(mail, letters, ({ id }) => id, letterOf);
    if (atEnd) mail.scrollTop = mail.scrollHeight;
    labels();
  };

  const send = (
    form: HTMLFormElement,
    text: HTMLTextAreaElement,
    run: () => Promise<boolean>,
    then: () => void,
  ): void => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (text.value.trim() === "") return;
      void run().then((done) => {
        if (done) then();
      });
    });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
  };
  const said = (): object => ({ by: who.value, network: network() });
  send(
    posting.form,
    posting.text,
    () =>
      act("say", { ...said(), text: posting.text.value, ...(replyTo === undefined ? {} : { replyTo: replyTo.id }) }),
    () => {
      spoken = true;
      stop();
      begin();
    },
  );
  send(
    writing.form,
    writing.text,
    () => {
      const text = writing.text.value;
      return following === undefined
        ? act("write", { ...said(), text })
        : act("follow", { ...said(), post: following.id, text });
    },
    () => {
      stop();
      writing.text.value = "";
    },
  );
  byId("post-cancel").addEventListener("click", stop);
  byId("letter-cancel").addEventListener("click", stop);
  speaker.addEventListener("submit", (event) => event.preventDefault());
  speaker.addEventListener("change", ({ target }) => {
    stop();
    if (target !== who) begin();
    render();
  });
  begin();
  byId("feed-title").prepend(icon("public"), " ");
  byId("private-title").prepend(icon("private"), " ");

  return {
    show: (parts, at) => {
      shown = parts;
      now = at;
      if (who.options.length === 0)
        who.append(...(parts.cast?.customers ?? []).map(({ id, name }) => h("option", { value: id }, name)));
      render();
    },
  };
};
