import { leaks } from "./leaks.ts";

// The first turn: `npm run test:long` plays all of them, and turns the keys meanwhile.
leaks(1);
