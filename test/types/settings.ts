/** How a strict stranger compiles, and the two ways in which they have modules found. */
export const strict = {
  target: "es2024",
  // Node without a browser: fetch, streams and signals come from @types/node.
  lib: ["es2024", "esnext.disposable"],
  types: ["node"],
  noEmit: true,
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedSideEffectImports: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
} as const;

export const modes = {
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "preserve", moduleResolution: "bundler" },
} as const;
