export { openQcow2 } from "./reader";
export { verifyQcow2, type Qcow2Facts } from "./verify";
export { writeQcow2, type Qcow2Result } from "./writer";
