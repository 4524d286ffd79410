export { openByteRange, memoryByteRange, type ByteRange } from "../byteRange";
export { diskIdentity, type AdapterType, type DiskIdentity } from "./descriptor";
export { openVmdk, type VmdkDisk } from "./reader";
export {
  writeStreamOptimized,
  type ChunkWriter,
  type StreamOptimizedOptions,
  type StreamOptimizedResult,
} from "./streamOptimizedWriter";
export { verifyVmdk, type VmdkFacts } from "./verify";
