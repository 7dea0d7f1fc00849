import { createHash, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { type Kit, type Note, orGivenUp, revealed, revealedAll, seal, unseal } from "casethread/adapter";
import { z } from "zod";
import type { OAuth2, XAccount } from "./options.ts";

/** What X gives for a refresh token, or for a code: a token for two hours, and the next refresh token. */
export interface Grant {
  readonly accessToken: string;
  readonly refreshToken?: string | undefined;
  /** In seconds. */
  readonly expiresIn: number;
}

/** Asks X for a new token. Each refresh token is good for one. */
export type Refresh = (oauth2: OAuth2, refreshToken: string) => Promise<Grant>;

/** The access tokens of accounts that sign with OAuth 2.0. */
export interface Tokens {
  /** One that is still good. However many ask, in however many processes, X is asked once. */
  access(account: XAccount, oauth2: OAuth2, kit: Kit): Promise<string>;
  /** X did not take this one: the next call gets another. False when it was new: then another would be refused as well. */
  refused(account: XAccount, token: string, now: number): boolean;
}

/** As it is kept, sealed. `seed` names the refresh token it all began with: an account that is authorised anew begins anew. */
const kept = z.object({
  seed: z.string(),
  refresh: z.string(),
  access: z.string().optional(),
  expiresAt: z.number(),
  busy: z.object({ by: z.string(), until: z.number() }).optional(),
});
type Kept = z.infer<typeof kept>;
interface Held {
  readonly access: string;
  readonly at: number;
  readonly expiresAt: number;
}

// A token that ends while a request is under way is no use.
const marginMs = 60_000;
// Longer than X may take: whoever has taken a refresh upon himself and died is waited for no longer.
const busyMs = 30_000;
const lookAgainMs = 100;
const newMs = 120_000;

/** Makes the keeper of tokens. They outlive the process in a note, sealed under the key given. */
export const createTokens = (refresh: Refresh): Tokens => {
  const held = new Map<string, Held>();
  const spoilt = new Set<string>();
  const asking = new Map<string, Promise<string>>();
  // Granted, and the store was away: written down before anything else is asked for.
  const unkept = new Map<string, { readonly state: Kept; readonly after: string }>();

  const hold = (account: XAccount, access: string, { expiresAt }: Kept, now: number): string => {
    held.set(account.id, { access, at: now, expiresAt });
    return access;
  };

  const renew = async (account: XAccount, oauth2: OAuth2, kit: Kit): Promise<string> => {
    const { id } = account;
    const [keys, first] = [await revealedAll(oauth2.key), await revealed(oauth2.refreshToken)];
    const note: Note = kit.note(`token/${id}`);
    const sealing = { adapter: "x", of: id, keys };
    const seed = createHash("sha256").update(first).digest("base64url").slice(0, 16);
    const look = async (): Promise<{ readonly raw: string | undefined; readonly state: Kept }> => {
      const raw = await note.read();
      const read = raw === undefined ? undefined : kept.safeParse(JSON.parse(unseal(raw, sealing))).data;
      return { raw, state: read?.seed === seed ? read : { seed, refresh: first, expiresAt: 0 } };
    };
    const swap = async (from: string | undefined, to: Kept): Promise<string | undefined> => {
      const next = seal(JSON.stringify(to), sealing);
      return (await note.swap(from, next)) ? next : undefined;
    };
    /** Writes down what was granted, over whoever thought the refresh was his to make. */
    const keep = async (state: Kept, after: string): Promise<void> => {
      unkept.set(id, { state, after });
      for (;;) {
        const now = await look();
        if (now.state.refresh !== after || (await swap(now.raw, state)) !== undefined) break;
      }
      unkept.delete(id);
    };

    for (;;) {
      const owed = unkept.get(id);
      if (owed?.state.seed === seed) await keep(owed.state, owed.after);
      const { raw, state } = await look();
      const { access, busy, ...rest } = state;
      if (access !== undefined && state.expiresAt - marginMs > kit.now() && !spoilt.has(access)) {
        return hold(account, access, state, kit.now());
      }
      if (busy !== undefined && busy.until > kit.now()) {
        await pause(lookAgainMs);
        continue;
      }
      const mine = await swap(raw, { ...state, busy: { by: randomUUID(), until: kit.now() + busyMs } });
      if (mine === undefined) continue;
      try {
        const grant = await refresh(oauth2, state.refresh);
        const { accessToken, refreshToken = state.refresh } = grant;
        const expiresAt = kit.now() + grant.expiresIn * 1_000;
        const next = { seed, refresh: refreshToken, access: accessToken, expiresAt };
        // Before it is used: a token that nobody wrote down is an account that nobody can speak for.
        await keep(next, state.refresh);
        spoilt.clear();
        return hold(account, accessToken, next, kit.now());
      } catch (thrown) {
        const now = await look();
        // Somebody else was faster: theirs is the one.
        if (now.state.refresh !== state.refresh) continue;
        if (now.raw === mine) await swap(mine, { ...rest, ...(access === undefined ? {} : { access }) });
        throw thrown;
      }
    }
  };

  return {
    access: (account, oauth2, kit) => {
      const known = held.get(account.id);
      if (known !== undefined && known.expiresAt - marginMs > kit.now()) return Promise.resolve(known.access);
      const under = asking.get(account.id) ?? renew(account, oauth2, kit).finally(() => asking.delete(account.id));
      asking.set(account.id, under);
      // Who gives up waiting does not end it: what X has granted must be written down.
      return orGivenUp(under, kit.signal);
    },
    refused: (account, token, now) => {
      const known = held.get(account.id);
      // Another caller has taken a newer one meanwhile.
      if (known?.access !== token) return true;
      if (now - known.at < newMs) return false;
      spoilt.add(token);
      held.delete(account.id);
      return true;
    },
  };
};
