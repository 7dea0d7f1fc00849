import { strFromU8, unzipSync } from "fflate";

/** What was deployed into the org, by type and name. */
export interface Deployments {
  readonly components: ReadonlySet<string>;
  /** Answers the Metadata API's SOAP requests. */
  handle(request: Request): Promise<Response>;
}

const envelope = (body: string): Response =>
  new Response(
    `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="http://soap.sforce.com/2006/04/metadata"><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`,
    { headers: { "content-type": "text/xml" } },
  );
const element = (xml: string, name: string): string =>
  new RegExp(`<${name}[^>]*>([^<]*)</${name}>`).exec(xml)?.[1] ?? "";

/** The types and members of a manifest, each as `type name`. */
const listed = (xml: string): readonly string[] =>
  [...xml.matchAll(/<types>([\s\S]*?)<\/types>/g)].flatMap(([, types = ""]) =>
    [...types.matchAll(/<members>([^<]*)<\/members>/g)].map(([, member]) => `${element(types, "name")} ${member}`),
  );

const suffixes: Readonly<Record<string, string>> = {
  customPermission: "CustomPermission",
  layout: "Layout",
  permissionset: "PermissionSet",
  platformEventChannelMember: "PlatformEventChannelMember",
  quickAction: "QuickAction",
  tab: "CustomTab",
};
const parts: Readonly<Record<string, string>> = {
  fields: "CustomField",
  listViews: "ListView",
  validationRules: "ValidationRule",
};

/** The components that the files of an archive hold. */
const held = (files: Readonly<Record<string, string>>): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const [path, text] of Object.entries(files)) {
    const [, name = "", suffix = ""] = /([^/]+)\.(\w+)$/.exec(path) ?? [];
    const type = suffixes[suffix];
    if (type !== undefined) found.add(`${type} ${name}`);
    if (suffix !== "object") continue;
    if (text.includes("<deploymentStatus>")) found.add(`CustomObject ${name}`);
    for (const [part, of] of Object.entries(parts))
      for (const [, one = ""] of text.matchAll(new RegExp(`<${part}>\\s*<fullName>([^<]*)<`, "g")))
        found.add(`${of} ${name}.${one}`);
  }
  return found;
};

const failures = (problems: readonly string[]): string =>
  problems
    .map((one) => {
      const [type = "", name = ""] = one.split(" ");
      const problem = "named in package.xml, but was not found in zipped directory";
      return `<componentFailures><componentType>${type}</componentType><fullName>${name}</fullName><problem>${problem}</problem><success>false</success></componentFailures>`;
    })
    .join("");

/** Makes the part of an org that is deployed into. A deployment is done at the second look. */
export const createDeployments = (holds: (token: string) => boolean): Deployments => {
  const components = new Set<string>();
  const running = new Map<string, { looks: number; readonly count: number; readonly problems: readonly string[] }>();

  const take = (archive: string, check: boolean): string => {
    const zipped = unzipSync(Buffer.from(archive, "base64"));
    const files = Object.fromEntries(Object.entries(zipped).map(([path, bytes]) => [path, strFromU8(bytes)]));
    const wanted = listed(files["package.xml"] ?? "");
    const there = held(files);
    const gone = listed(files["destructiveChanges.xml"] ?? "");
    const problems = [
      ...wanted.filter((one) => !there.has(one)),
      // What does not exist cannot be deleted.
      ...gone.filter((one) => !components.has(one)),
    ];
    if (problems.length === 0 && !check) {
      for (const one of wanted) components.add(one);
      for (const one of gone) components.delete(one);
      const objects = gone.flatMap((one) => (one.startsWith("CustomObject ") ? [one.slice(13)] : []));
      // What belongs to an object goes with it.
      for (const one of components)
        if (objects.some((object) => one.includes(` ${object}.`) || one.startsWith(`Layout ${object}-`)))
          components.delete(one);
    }
    const id = `0Af5e00000${String(running.size).padStart(8, "0")}`;
    running.set(id, { looks: 0, count: wanted.length + gone.length, problems });
    return id;
  };

  return {
    components,
    handle: async (request) => {
      const xml = await request.text();
      if (!holds(element(xml, "sessionId"))) {
        const fault =
          "<soapenv:Fault><faultcode>sf:INVALID_SESSION_ID</faultcode><faultstring>INVALID_SESSION_ID: Invalid Session ID found in SessionHeader</faultstring></soapenv:Fault>";
        return new Response(await envelope(fault).text(), { status: 500, headers: { "content-type": "text/xml" } });
      }
      if (xml.includes("<ZipFile")) {
        const id = take(element(xml, "ZipFile"), element(xml, "checkOnly") === "true");
        return envelope(
          `<deployResponse><result><done>false</done><id>${id}</id><state>Queued</state></result></deployResponse>`,
        );
      }
      const id = element(xml, "asyncProcessId");
      const one = running.get(id) ?? { looks: 0, count: 0, problems: [`Deployment ${id}`] };
      one.looks += 1;
      const good = one.problems.length === 0;
      return envelope(
        `<checkDeployStatusResponse><result><id>${id}</id><done>${one.looks > 1}</done><success>${one.looks > 1 && good}</success>` +
          `<numberComponentsDeployed>${good ? one.count : 0}</numberComponentsDeployed><details>${failures(one.problems)}</details></result></checkDeployStatusResponse>`,
      );
    },
  };
};
