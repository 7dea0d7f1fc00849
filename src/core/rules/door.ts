/** A way into private that is the brand's own. */
export interface PrivateDoor {
  /** What kind of way it is, for trails and funnels: `"form"`, `"chat"`, `"call-back"`. */
  readonly name: string;
  /** The link that is offered in public: it must hold the token, which brings the answer home. */
  readonly url: (token: string) => string;
}

/**
 * A way into private that is the brand's own: a form, a chat, a call-back. Its backend hands what the customer says there
 * to `bridge.redeem`, with the token from the link.
 *
 * @example door({ url: (token) => `https://acme.example/help?ref=${token}` })
 */
export const door = (of: { readonly name?: string; readonly url: (token: string) => string }): PrivateDoor => ({
  name: of.name ?? "form",
  url: of.url,
});
