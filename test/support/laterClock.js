// Makes a Node.js process live LATER_HOURS after everybody else (node --require): for what only happens to
// things of a certain age, where the age of a thing cannot be chosen, as in an emulated cloud.
const process = require("node:process");

const shift = Number(process.env.LATER_HOURS ?? "0") * 3_600_000;
const now = Date.now.bind(Date);
Date.now = () => now() + shift;
globalThis.Date = new Proxy(Date, {
  construct: (target, given, self) =>
    Reflect.construct(target, given.length > 0 ? given : [Date.now()], self),
});
