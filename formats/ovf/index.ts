export { derivedMac, derivedUuid, nameUuid } from "./derived";
export { ovfDescriptor } from "./descriptor";
export type { OvfDisk } from "./disk";
export { defaultHardware, hardwareProblems, resolveHardware } from "./hardware";
export type { BootDevice, Hardware } from "./hardware";
export { isOsType, osTypes } from "./osTypes";
export type { OsType } from "./osTypes";
export { readOvf } from "./reader";
export type { OvfDiskSummary, OvfSummary } from "./reader";
