/**
 * A STAND-IN for the official Pulumi plugin `tls`, for machines that cannot download it. Same inputs and outputs; a
 * change of any input replaces. It differs in these ways:
 *
 * - It makes private keys only: no certificates, no functions.
 * - ECDSA keys have to name a curve that OpenSSH knows; the official plugin's default, P224, is not one.
 * - Existing keys cannot be imported.
 */
import { serve } from "../lib/standIn";
import { privateKey } from "./privateKey";

void serve({
  resources: { "tls:index/privateKey:PrivateKey": privateKey },
  cancel: () => Promise.resolve(),
});
