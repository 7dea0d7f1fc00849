import type { Kit, SetupStep, Surroundings } from "casethread/adapter";
import type { Client } from "./client.ts";
import { componentsOf, deploy, type DeployConnection, isProduction } from "./deploy.ts";
import { refuse } from "./faults.ts";
import { lacksPackage } from "./inspect.ts";
import type { Settings } from "./options.ts";

const connectionOf = async (client: Client, kit: Kit): Promise<DeployConnection> => {
  const connection = await client.session(kit);
  if ("metadata" in connection) return connection as DeployConnection;
  throw refuse("The connection that was handed in has no Metadata API: hand in one of jsforce, or give a login.");
};

/** What has to be done in the org and is not done yet: the package, where what is written has no place. */
export const stepsOf = async (
  { client, settings }: { readonly client: Client; readonly settings: Settings },
  { production = false }: Surroundings,
  kit: Kit,
): Promise<readonly SetupStep[]> => {
  // Without the package there is one field to be made, by hand.
  if (settings.comments || !(await lacksPackage({ client, settings }, kit))) return [];
  const { version, stream } = settings;
  const connection = await connectionOf(client, kit);
  const [count, live] = [await componentsOf({ stream, version }), await isProduction(connection, version)];
  const where = `${client.origin()}, ${live ? "an org that people work in: try it in a sandbox first, then say production" : "a sandbox, developer or trial org"}`;
  return [
    {
      say: `deploy the package, ${count} components${stream ? " with change events" : ""}, into ${where}`,
      run: async (now) => {
        const { id, components } = await deploy(await connectionOf(client, now), { production, stream, version });
        return `${components} components are there (deployment ${id}); give the integration's user the permission set Casethread Integration, and see adapters/salesforce/README.md for the page of a case`;
      },
    },
  ];
};
