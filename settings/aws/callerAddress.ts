import { isIPv4 } from "node:net";

import { problem, type Finding } from "./finding";

/** Variable that names another service than Amazon's, for tests and closed networks. */
const serviceVariable = "AMI2BOX_ADDRESS_SERVICE";

const amazonsService = "https://checkip.amazonaws.com";

const answerMs = 10_000;

/**
 * The range of the one address that this machine is seen with from outside, `192.0.2.7/32`.
 *
 * @param environment where AMI2BOX_ADDRESS_SERVICE may name another service that answers with the address
 */
export async function findCallerCidr(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Finding<string>> {
  const service = environment[serviceVariable] ?? amazonsService;
  const remedy = "set it to the range you come from, such as 192.0.2.7/32";
  let answer: string;
  try {
    const response = await fetch(service, { signal: AbortSignal.timeout(answerMs) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    answer = (await response.text()).trim();
  } catch {
    return problem(
      `worker.sshCidr: is missing, and ${service} does not tell this machine's address; ${remedy}`,
    );
  }
  return isIPv4(answer)
    ? { fact: `${answer}/32` }
    : problem(
        `worker.sshCidr: is missing, and ${service} answers no IPv4 address but ${JSON.stringify(answer.slice(0, 40))}; ${remedy}`,
      );
}
