import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";

import type { BoxArchitecture } from "../../formats/box/texts";
import { Looks } from "../looks";
import type { AwsSourceSettings, AwsWorkerSettings } from "../schema";
import { callProblem } from "./awsErrors";
import { regionProblems, type AwsPlace } from "./awsPlace";
import { findCallerCidr } from "./callerAddress";
import { makeClients, type AwsClients } from "./clients";
import { factOf, problemsOf, type Finding } from "./finding";
import { examineWorker, type MachineFacts } from "./machines";
import { findVpc } from "./network";
import { examineSource, type AwsSourceFacts } from "./sourceFacts";

/** The groups of settings that are looked up; those whose own form is wrong are missing. */
export interface AccountQuestions {
  readonly source?: AwsSourceSettings | undefined;
  readonly worker?: AwsWorkerSettings | undefined;
  /** Of the box. */
  readonly architecture?: BoxArchitecture | undefined;
}

/** What the account has of all that a build needs. */
export interface AccountFacts {
  /** The account's number. */
  readonly account: string;
  readonly region: string;
  /** VPC of the machines. */
  readonly vpcId: string;
  /** Who may reach them over SSH. */
  readonly sshCidr: string;
  readonly source: AwsSourceFacts;
  /** Missing where an AMI is all that is made. */
  readonly worker?: MachineFacts;
}

/** What was found, and everything that is wrong. */
export interface AccountReport {
  /** Missing when something is wrong, or was not asked. */
  readonly facts?: AccountFacts;
  /** Whether the account answers: otherwise it can be asked nothing else. */
  readonly reached: boolean;
  readonly problems: readonly string[];
}

/**
 * Looks at an account without changing it: whether it has what the settings name, and what they leave open.
 * All problems are told at once, but for those that no answer can be had without: region and credentials.
 */
export async function examineAccount(
  { source, worker, architecture }: AccountQuestions,
  place: AwsPlace,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  looks = new Looks(),
): Promise<AccountReport> {
  const address = worker ? callerCidr(worker, environment, looks) : Promise.resolve(nothing);
  const session = await looks.once("session", () => openSession(place));
  if (!("fact" in session)) {
    return { reached: false, problems: problemsOf([session, await address]) };
  }
  const { clients, account, region } = session.fact;
  const only = source?.type === "bake" && source.only;
  const [vpc, cidr, machines] = await Promise.all([
    worker
      ? looks.once(`vpc ${worker.subnetId}`, () => findVpc(clients, worker.subnetId))
      : nothing,
    address,
    examineMachines(clients, { source, worker: only ? undefined : worker, architecture }, looks),
  ]);
  const vpcId = factOf(vpc);
  const sshCidr = factOf(cidr);
  const found = factOf(machines);
  return {
    ...(vpcId !== undefined &&
      sshCidr !== undefined &&
      found !== undefined && { facts: { account, region, vpcId, sshCidr, ...found } }),
    reached: true,
    problems: problemsOf([vpc, cidr, machines]),
  };
}

/** What was not asked, and is no problem. */
const nothing: Finding<never> = { problems: [] };

interface Session {
  readonly clients: AwsClients;
  readonly account: string;
  readonly region: string;
}

/** Everything else needs a region, and credentials that AWS takes. */
async function openSession(place: AwsPlace): Promise<Finding<Session>> {
  const { region } = place;
  const problems = regionProblems(place);
  if (region === undefined || problems.length > 0) return { problems };
  const clients = makeClients({ ...place, region });
  try {
    const { Account: account = "" } = await clients.sts.send(new GetCallerIdentityCommand({}));
    return { fact: { clients, account, region } };
  } catch (error) {
    return callProblem("AWS credentials", "sts:GetCallerIdentity", error);
  }
}

async function callerCidr(
  { sshCidr }: AwsWorkerSettings,
  environment: Readonly<Record<string, string | undefined>>,
  looks: Looks,
): Promise<Finding<string>> {
  return sshCidr === undefined
    ? looks.once("own address", () => findCallerCidr(environment))
    : { fact: sshCidr };
}

/** The source, and the worker that must be of its architecture. */
async function examineMachines(
  clients: AwsClients,
  { source, worker, architecture }: AccountQuestions,
  looks: Looks,
): Promise<Finding<Pick<AccountFacts, "source" | "worker">>> {
  const origin = source ? await examineSource(clients, source, architecture) : nothing;
  const facts = factOf(origin);
  const machine =
    worker &&
    (await looks.once(`worker ${JSON.stringify([worker, facts?.architecture])}`, () =>
      examineWorker(clients, worker, facts?.architecture),
    ));
  const workerFacts = machine && factOf(machine);
  return facts !== undefined && (machine === undefined || workerFacts !== undefined)
    ? { fact: { source: facts, ...(workerFacts && { worker: workerFacts }) } }
    : { problems: problemsOf([origin, ...(machine ? [machine] : [])]) };
}
