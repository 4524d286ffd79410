import type { BoxArchitecture } from "../../formats/box/texts";
import type { AwsWorkerSettings } from "../schema";
import type { AwsClients } from "./clients";
import { factOf, problem, type Finding } from "./finding";
import { findImage, findParameterImage, type ImageFacts } from "./images";

/** A distribution's own images in EC2. */
interface Distribution {
  /** Account that publishes them. */
  readonly owner: string;
  /** The user their key pair logs in as. */
  readonly user: string;
  /** Public SSM parameter with the newest one's id. */
  parameter(architecture: BoxArchitecture): string;
}

/**
 * Stock images by the names of the setting (Ubuntu on AWS, "Find Ubuntu images"; Debian wiki,
 * "Cloud/AmazonEC2Image"; Amazon Linux 2023 User Guide, "AL2023 on Amazon EC2").
 */
const distributions: Readonly<Record<"ubuntu" | "debian" | "amazon-linux", Distribution>> = {
  ubuntu: {
    owner: "099720109477",
    user: "ubuntu",
    parameter: (architecture) =>
      `/aws/service/canonical/ubuntu/server/24.04/stable/current/${architecture}/hvm/ebs-gp3/ami-id`,
  },
  debian: {
    owner: "136693071363",
    user: "admin",
    parameter: (architecture) => `/aws/service/debian/release/12/latest/${architecture}`,
  },
  "amazon-linux": {
    owner: "137112412989",
    user: "ec2-user",
    parameter: (architecture) =>
      `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture === "amd64" ? "x86_64" : architecture}`,
  },
};

/**
 * The image a worker starts from: its newest stock image of a processor, or one given by its id.
 *
 * @param architecture the source's; when it is missing a distribution's image for amd64 is taken, and any
 *   other as it is
 */
export async function findWorkerImage(
  clients: Pick<AwsClients, "ec2" | "ssm">,
  image: AwsWorkerSettings["image"],
  architecture: BoxArchitecture | undefined,
): Promise<Finding<ImageFacts>> {
  const setting = "worker.image";
  const found = await (isDistribution(image)
    ? findParameterImage(clients, setting, distributions[image].parameter(architecture ?? "amd64"))
    : findImage(clients, setting, image));
  const facts = factOf(found);
  return facts === undefined || architecture === undefined || facts.architecture === architecture
    ? found
    : problem(
        `${setting}: ${facts.id} is for ${facts.architecture} and the source for ${architecture}, whose programs would not run; give an image for ${architecture}`,
      );
}

/**
 * The user that an image's key pair logs in as.
 *
 * @param setting where it is to be given when it is not known
 * @param given what the settings say
 */
export function loginUserOf(
  image: ImageFacts,
  setting: string,
  given: string | undefined,
): Finding<string> {
  if (given !== undefined) return { fact: given };
  const known = Object.values(distributions).find(({ owner }) => owner === image.owner);
  return known
    ? { fact: known.user }
    : problem(
        `${setting}: is missing, and ${image.id} is none of the AMIs whose user is known; name the user that its key pair logs in as`,
      );
}

/** Whether an image is named by its distribution, not by its id. */
export function isDistribution(image: string): image is keyof typeof distributions {
  return image in distributions;
}
