import { type Alert, type House, thrownBy } from "./house.ts";

/** Calls a person, once what they are called for is kept. Nobody waits for the call. */
export const callFor = (house: House, alert: Alert): void => {
  house.log.error(
    { conversation: alert.conversation },
    "somebody may be in danger, or threatens: a person has to look at once",
  );
  void (async () => house.alert(alert))().catch((thrown: unknown) => {
    house.log.error(
      { conversation: alert.conversation },
      `the alert was not taken: ${thrownBy(thrown, "alert").message}`,
    );
  });
};
