import { createHmac, timingSafeEqual } from "node:crypto";
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { median } from "../figure.ts";

/** Keeps a delivery, or does not. */
export type Keep = (id: string, body: Buffer) => void | Promise<void>;

/** One insert per delivery in its own transaction, on the disk before it counts. */
export const keptBare = (file: string): { readonly keep: Keep; count(): number; close(): void } => {
  const db = new DatabaseSync(file);
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = FULL");
  db.exec("CREATE TABLE delivery(id TEXT PRIMARY KEY, body BLOB NOT NULL)");
  const insert = db.prepare("INSERT INTO delivery(id, body) VALUES(?, ?) ON CONFLICT DO NOTHING");
  return {
    keep: (id, body) => void insert.run(id, body),
    count: () => Number(db.prepare("SELECT count(*) AS n FROM delivery").get()?.["n"]),
    close: () => db.close(),
  };
};

/** How long this disk takes to confirm a page that was appended, in ms: the middle one of 200. */
export const diskMs = (file: string): number => {
  const fd = openSync(file, "w");
  const page = Buffer.alloc(4_096, 1);
  const took = Array.from({ length: 200 }, () => {
    writeSync(fd, page);
    const began = performance.now();
    fdatasyncSync(fd);
    return performance.now() - began;
  });
  closeSync(fd);
  return median(took);
};

interface Delivered {
  readonly data: { readonly payload: { readonly id: string } };
}

/** The least that takes signed deliveries: node:http, HMAC, JSON.parse, and whatever keeps. */
export const bareServer = (secret: string, keep?: Keep): Server =>
  createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const claimed = String(request.headers["x-twitter-webhooks-signature"]).slice("sha256=".length);
      const given = Buffer.from(claimed, "base64");
      const due = createHmac("sha256", secret).update(body).digest();
      if (given.length !== due.length || !timingSafeEqual(given, due)) return void response.writeHead(401).end();
      const { data } = JSON.parse(body.toString()) as Delivered;
      const answer = (status: number) => () => void response.writeHead(status).end();
      const kept = keep?.(data.payload.id, body);
      if (kept === undefined) answer(200)();
      else void kept.then(answer(200), answer(500));
    });
  });
