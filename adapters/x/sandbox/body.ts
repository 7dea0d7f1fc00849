/** Fields of a form, each as its bytes: the SDK (twitter-api-v2 1.29.1) gives a file no name, and parsers take it for text. */
const formOf = (bytes: Buffer, boundary: string): readonly (readonly [string, Buffer])[] =>
  bytes
    .toString("latin1")
    .split(`--${boundary}`)
    .flatMap((part) => {
      const [, head = "", content] = /^\r\n([^]*?)\r\n\r\n([^]*)\r\n$/.exec(part) ?? [];
      const [, name] = /name="(\w+)"/.exec(head) ?? [];
      return name === undefined || content === undefined ? [] : [[name, Buffer.from(content, "latin1")] as const];
    });

/** A body as JSON says it: of a form its fields, of a file in it what base64 makes of it. */
export const bodyOf = async (request: Request): Promise<unknown> => {
  if (request.method === "GET") return undefined;
  const boundary = /^multipart\/form-data;\s*boundary=(\S+)$/.exec(request.headers.get("content-type") ?? "")?.[1];
  if (boundary !== undefined) {
    const fields = formOf(Buffer.from(await request.arrayBuffer()), boundary);
    return Object.fromEntries(
      fields.map(([name, value]) => [name, name === "media" ? value.toString("base64") : Number(value.toString())]),
    );
  }
  const text = await request.text();
  if (request.headers.get("content-type")?.startsWith("text/plain") === true) return text;
  return text === "" ? undefined : JSON.parse(text);
};

/** A file of somebody's own, somewhere on the web: `/files/4711.png` has so many bytes. */
export const fileAt = (path: string): Response => {
  const [, bytes] = /^\/files\/(\d{1,8})\.\w+$/.exec(path) ?? [];
  if (bytes === undefined) return new Response(null, { status: 404 });
  // No two alike, and no text: what arrives is compared.
  const content = Uint8Array.from({ length: Number(bytes) }, (_, at) => (at * 167) % 256);
  return new Response(content, { headers: { "content-type": "application/octet-stream" } });
};
