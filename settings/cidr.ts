import { isIPv4 } from "node:net";

/** The widest range that may reach a worker over SSH: an office's network, not the Internet. */
export const widestSshPrefix = 24;

/**
 * Why a range of addresses cannot be the one that reaches a worker over SSH (RFC 4632, section 3.1).
 *
 * @returns what is allowed instead; undefined for a range that is right
 */
export function sshCidrProblem(cidr: string): string | undefined {
  const [address = "", length = "", ...more] = cidr.split("/");
  if (!isIPv4(address) || !/^(0|[1-9][0-9]?)$/.test(length) || more.length > 0) {
    return "it must be an IPv4 range such as 192.0.2.7/32";
  }
  const bits = Number(length);
  if (bits > 32) return "it must be an IPv4 range such as 192.0.2.7/32";
  if (bits < widestSshPrefix) {
    return `it may be no wider than /${widestSshPrefix}: give the range you come from`;
  }
  const network = networkOf(address, bits);
  return network === address
    ? undefined
    : `its address is none of a /${bits}; give ${network}/${bits}, or ${address}/32`;
}

function networkOf(address: string, bits: number): string {
  const number = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - bits);
  const network = number - (number % size);
  return [24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join(".");
}
