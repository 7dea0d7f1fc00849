import { globSync, readFileSync } from "node:fs";
import ts from "typescript";

const root = new URL("../../", import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), "utf8");
const filesIn = (patterns: readonly string[]): readonly string[] =>
  patterns.flatMap((pattern) => globSync(pattern, { cwd: root.pathname })).toSorted();

/** Whatever somebody meets who makes, configures, asks or commands a bridge. */
const rooms = [
  "src/{bridge,node,opentelemetry,option-names,options,outside,seal}.ts",
  "src/engine/{backfill,house,ledger,outside,redeem,silence,talk,verbs}.ts",
  "src/cli/{casethread,console,replay}/*.ts",
  "src/store/{connection,lock,migrate,postgres,ring,sqlite}.ts",
  "src/store/postgres/{client-ground,copy,open}.ts",
  "adapters/x/{check,client,index,options,setup}.ts",
  "adapters/{x,facebook}/sandbox/{webhook,world}.ts",
  "adapters/facebook/{client,index,options,steps}.ts",
  "adapters/salesforce/{client,deploy,index,login,options,session}.ts",
];
/** Here sentences stand in lists, before they are thrown together. */
const lists = /\/(?:check|login|option-names|options)\.ts$/;

/** What stands for something that is put in. */
export const blank = "…";

const textOf = (node: ts.Node): string | undefined => {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join(blank);
};
const isSentence = (text: string): boolean => text.split(/\s+/).filter((word) => /\p{L}{2}/u.test(word)).length > 3;

const walk = (node: ts.Node, visit: (one: ts.Node) => void): void => {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
};
const sentencesIn = (node: ts.Node): readonly string[] => {
  const found: string[] = [];
  walk(node, (one) => {
    const text = textOf(one);
    if (text !== undefined && isSentence(text)) found.push(text.replace(/\s+/g, " ").trim());
  });
  return found;
};

/** Functions that make an error of a sentence they are given. */
const makersIn = (source: ts.SourceFile): readonly string[] => {
  const found: string[] = [];
  walk(source, (node) => {
    if (!ts.isVariableDeclaration(node) || !ts.isIdentifier(node.name)) return;
    const { initializer } = node;
    if (initializer === undefined || !ts.isArrowFunction(initializer)) return;
    const given = initializer.parameters.map(({ name }) => name.getText());
    const body = initializer.body.getText();
    if (given.some((name) => new RegExp(`new BridgeError\\(\\s*${name}\\b`).test(body))) found.push(node.name.text);
  });
  return found;
};

/** A sentence is handed over as it is, or by a name that it was given shortly before. */
const handedOver = (argument: ts.Expression, source: ts.SourceFile): readonly string[] => {
  if (!ts.isIdentifier(argument)) return sentencesIn(argument);
  const found: string[] = [];
  walk(source, (node) => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === argument.text && node.initializer !== undefined)
      found.push(...sentencesIn(node.initializer));
  });
  return found;
};

/** Every sentence that an error of these rooms may say, by file; `…` for what is put in. */
export const sentences = (): ReadonlyMap<string, readonly string[]> => {
  const parse = (file: string) => ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const sources = filesIn(rooms).map((file) => [file, parse(file)] as const);
  const everywhere = filesIn(["src/**/*.ts", "adapters/*/*.ts"]).filter((file) => /new BridgeError\(/.test(read(file)));
  const makers = new Set(["BridgeError", "Error", ...everywhere.flatMap((file) => makersIn(parse(file)))]);
  return new Map(
    sources.map(([file, source]) => {
      const found: string[] = lists.test(file) ? [...sentencesIn(source)] : [];
      walk(source, (node) => {
        if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return;
        if (makers.has(node.expression.getText()))
          for (const argument of node.arguments ?? []) found.push(...handedOver(argument, source));
      });
      return [file, [...new Set(found)].toSorted()] as const;
    }),
  );
};

/** All that tests say, as plain text: without what escapes, and in one line. */
export const testText = (): string =>
  filesIn(["test/**/*.ts"])
    .filter((file) => !file.endsWith("sentences.ts"))
    .map(read)
    .join("\n")
    .replaceAll(/\\(?!n)/g, "")
    .replaceAll(/["'`]\s*\+\s*["'`]/g, "")
    .replaceAll(/\s+/g, " ");
