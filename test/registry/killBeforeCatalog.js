// Kills the process (node --require) when it is about to put a catalog in its place: what a crash between box and
// catalog leaves is then there to be looked at. For a catalog in a folder; in a bucket it is the request.
const process = require("node:process");
const promises = require("node:fs/promises");
const { request } = require("node:http");
const http = require("node:http");

const die = () => process.kill(process.pid, "SIGKILL");
const { rename } = promises;
promises.rename = (from, to) => (String(to).endsWith("catalog.json") ? die() : rename(from, to));
http.request = (...args) => {
  const options = args.find((each) => each?.method !== undefined) ?? {};
  const isCatalog = options.method === "PUT" && /catalog\.json/.test(options.path ?? "");
  return isCatalog ? die() : request(...args);
};
