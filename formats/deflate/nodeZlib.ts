import { deflateSync, inflateSync } from "node:zlib";
import type { GrainCompressor, GrainDecompressor } from "./grainCompressor";
import { outgrown } from "./grainCompressor";

/** Opens Node's own zlib at a level from 1 to 9. The bytes depend on the version of Node. */
export function openNodeZlib(level: number): GrainCompressor {
  const name = `zlib level ${level}`;
  return {
    name,
    compress(input, output) {
      const stream = deflateSync(input, { level });
      if (stream.length > output.length) throw outgrown(name, input, output);
      output.set(stream);
      return stream.length;
    },
    close: () => undefined,
  };
}

/** Opens Node's own zlib for decompression. */
export function openNodeZlibDecompressor(): GrainDecompressor {
  return {
    decompress(input, output) {
      const { buffer, engine } = inflateSync(input, {
        info: true,
        maxOutputLength: output.length,
        chunkSize: output.length,
      }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
      if (buffer.length !== output.length || engine.bytesWritten !== input.length) {
        throw new Error(
          `The zlib stream is ${engine.bytesWritten} bytes long and yields ${buffer.length}, ` +
            `it must be ${input.length} and yield ${output.length}.`,
        );
      }
      output.set(buffer);
    },
    close: () => undefined,
  };
}
