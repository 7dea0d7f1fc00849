import { globSync, readFileSync } from "node:fs";
import ts from "typescript";

const root = new URL("../../", import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), "utf8");
const filesIn = (patterns: readonly string[]): readonly string[] =>
  patterns.flatMap((pattern) => globSync(pattern, { cwd: root.pathname })).toSorted();

/**
 * Whatever somebody meets who makes, configures, asks, commands or keeps a bridge. The core makes no error, and the laws' are of
 * tests. What networks and CRMs answer to an act stands in tables of the adapters, which have tests of their own.
 */
const rooms = [
  "src/**/*.ts",
  "adapters/{x,facebook}/sandbox/{webhook,world}.ts",
  "adapters/x/{check,client,index,options,setup,steps,webhooks}.ts",
  "adapters/facebook/{client,index,options,steps}.ts",
  "adapters/salesforce/{client,deploy,index,login,options,session,steps}.ts",
];
const elsewhere = /^src\/(?:conformance|core|cli\/console\/page)\//;
/** Here sentences stand in lists, before they are thrown. */
const lists =
  /^adapters\/\w+\/(?:check|login|options)\.ts$|^src\/(?:option-names|options|takes|store\/(?:postgres\/)?faults)\.ts$/;

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

const isMade = (node: ts.Node, makers: ReadonlySet<string>): node is ts.CallExpression | ts.NewExpression =>
  (ts.isCallExpression(node) || ts.isNewExpression(node)) && makers.has(node.expression.getText());

/** Functions that make an error of a sentence they are given, or hand it to such a one. */
const makersIn = (source: ts.SourceFile, known: ReadonlySet<string>): readonly string[] => {
  const found: string[] = [];
  walk(source, (node) => {
    if (!ts.isVariableDeclaration(node) || !ts.isIdentifier(node.name)) return;
    const { initializer } = node;
    if (initializer === undefined || !ts.isArrowFunction(initializer)) return;
    const given = new Set(initializer.parameters.map(({ name }) => name.getText()));
    const handed = (one: ts.Expression): boolean =>
      ts.isTemplateExpression(one)
        ? one.templateSpans.some(({ expression, literal }) => literal.text === "" && handed(expression))
        : ts.isIdentifier(one) && given.has(one.text);
    walk(initializer.body, (one) => {
      if (isMade(one, known) && (one.arguments ?? []).some(handed)) found.push(node.name.getText());
    });
  });
  return found;
};

/** A sentence is handed over as it is, or by a name that it was given shortly before. */
const handedOver = (argument: ts.Expression): readonly string[] => {
  if (!ts.isIdentifier(argument)) return sentencesIn(argument);
  const found: string[] = [];
  // A declaration stands in a list, in a statement, in the block that it is for.
  for (let block: ts.Node = argument; block !== undefined; block = block.parent)
    ts.forEachChild(block, (statement) => {
      if (!ts.isVariableStatement(statement)) return;
      for (const { name, initializer } of statement.declarationList.declarations)
        if (name.getText() === argument.text && initializer !== undefined) found.push(...sentencesIn(initializer));
    });
  return found;
};

/** Names that a file brings in. */
const importedIn = (source: ts.SourceFile): ReadonlySet<string> => {
  const found = new Set<string>();
  walk(source, (node) => {
    if (ts.isImportSpecifier(node)) found.add(node.name.text);
  });
  return found;
};

/** Every sentence that an error of these rooms may say, by file; `…` for what is put in. */
export const sentences = (): ReadonlyMap<string, readonly string[]> => {
  const sources = filesIn(rooms)
    .filter((file) => !elsewhere.test(file))
    .map((file) => [file, ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true)] as const);
  const first = new Set(["BridgeError", "Error"]);
  const everywhere = new Set(sources.flatMap(([, source]) => makersIn(source, first)));
  return new Map(
    sources.map(([file, source]) => {
      const brought = [...importedIn(source)].filter((name) => everywhere.has(name));
      const known = new Set([...first, ...brought, ...makersIn(source, first)]);
      const makers = new Set([...known, ...makersIn(source, known)]);
      const found: string[] = lists.test(file) ? [...sentencesIn(source)] : [];
      walk(source, (node) => {
        if (isMade(node, makers)) for (const argument of node.arguments ?? []) found.push(...handedOver(argument));
      });
      return [file, [...new Set(found)].toSorted()] as const;
    }),
  );
};

/** All that tests say, as plain text: without what escapes, and in one line. */
export const testText = (): string =>
  filesIn(["test/**/*.ts"])
    .filter((file) => !file.startsWith("test/sentences/"))
    .map(read)
    .join("\n")
    .replaceAll(/\\(?!n)/g, "")
    .replaceAll(/["'`]\s*\+\s*["'`]/g, "")
    .replaceAll(/\s+/g, " ");
