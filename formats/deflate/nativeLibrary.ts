import { createRequire } from "node:module";
import type koffiTypes from "koffi";

/** The foreign function interface that reaches native libraries without a compiler. */
export type Koffi = typeof koffiTypes;

let loaded: Koffi | null | undefined;

/**
 * Returns `koffi`, or `undefined` where it is not installed or has no build for this machine.
 *
 * `createRequire` keeps bundlers from following the import: a native module cannot be part of a
 * bundle, it is looked up beside the bundle at run time.
 */
export function loadKoffi(): Koffi | undefined {
  if (loaded === undefined) {
    try {
      loaded = createRequire(__filename)("koffi") as Koffi;
    } catch {
      loaded = null;
    }
  }
  return loaded ?? undefined;
}
