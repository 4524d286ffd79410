/**
 * A STAND-IN for the official Pulumi plugin `tls`, for machines that cannot download it. Same inputs and outputs; a
 * change of any input replaces. It differs in these ways:
 *
 * - It makes private keys only, of the kinds ED25519 and RSA: no ECDSA, no certificates, no functions.
 * - Existing keys cannot be imported.
 */
import { serve } from "../lib/standIn";
import { privateKey } from "./privateKey";

void serve({
  resources: { "tls:index/privateKey:PrivateKey": privateKey },
  cancel: () => Promise.resolve(),
});
