export { buildBox } from "./build";
export type { BoxBuild, BuiltBox } from "./build";
export { readBox, readBoxText } from "./reader";
export type { Box, BoxMember } from "./reader";
export { boxSettings } from "./settings";
export type { BoxSettings } from "./settings";
export { sharedFolderLines } from "./sharedFolders";
export type { GuestAdditions } from "./sharedFolders";
export {
  boxArchitectures,
  boxInfo,
  boxMetadata,
  boxProviders,
  boxTextProblems,
  boxVagrantfile,
} from "./texts";
export type { BoxArchitecture, BoxInfo, BoxProvider } from "./texts";
export { verifyBox } from "./verify";
export type { BoxCheck, BoxReport } from "./boxReport";
export { DISK_NAME } from "./virtualBox";
export { LIBVIRT_DISK_NAME } from "./libvirt";
export { fileSha256, writeBox } from "./writer";
export type { BoxContents, WrittenBox } from "./writer";
