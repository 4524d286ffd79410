/** An image that is there before anybody made one. */
export interface StockImage {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly architecture: "x86_64" | "arm64";
  /** The user its key pair logs in as. */
  readonly user: string;
  readonly rootDeviceName: string;
  readonly sizeGiB: number;
  /** SSM parameters that name it. */
  readonly parameters: readonly string[];
}

interface Family {
  readonly name: string;
  readonly owner: string;
  readonly user: string;
  readonly rootDeviceName: string;
  /** `ARCH` in it is the architecture in the family's own words. */
  readonly image: string;
  readonly parameters: readonly string[];
  /** The family's word for x86_64. */
  readonly amd64: string;
}

/**
 * Images named as their makers name them, so that the filters and parameters under test find them: Canonical
 * (099720109477), Debian (136693071363) and Amazon (137112412989).
 */
const families: readonly Family[] = [
  {
    name: "0b0",
    owner: "099720109477",
    user: "ubuntu",
    rootDeviceName: "/dev/sda1",
    image: "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-ARCH-server-20261101",
    parameters: [
      "/aws/service/canonical/ubuntu/server/24.04/stable/current/ARCH/hvm/ebs-gp3/ami-id",
      "/aws/service/canonical/ubuntu/server/noble/stable/current/ARCH/hvm/ebs-gp3/ami-id",
    ],
    amd64: "amd64",
  },
  {
    name: "0de",
    owner: "136693071363",
    user: "admin",
    rootDeviceName: "/dev/xvda",
    image: "debian-12-ARCH-20261101-2285",
    parameters: [
      "/aws/service/debian/release/12/latest/ARCH",
      "/aws/service/debian/release/bookworm/latest/ARCH",
    ],
    amd64: "amd64",
  },
  {
    name: "0de3",
    owner: "136693071363",
    user: "admin",
    rootDeviceName: "/dev/xvda",
    image: "debian-13-ARCH-20261101-2285",
    parameters: [
      "/aws/service/debian/release/13/latest/ARCH",
      "/aws/service/debian/release/trixie/latest/ARCH",
    ],
    amd64: "amd64",
  },
  {
    name: "0a1",
    owner: "137112412989",
    user: "ec2-user",
    rootDeviceName: "/dev/xvda",
    image: "al2023-ami-2023.9.20261101.0-kernel-6.12-ARCH",
    parameters: [
      "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-ARCH",
      "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.12-ARCH",
    ],
    amd64: "x86_64",
  },
];

export const stockImages: readonly StockImage[] = families.flatMap((family) =>
  (["x86_64", "arm64"] as const).map((architecture): StockImage => {
    const word = architecture === "x86_64" ? family.amd64 : architecture;
    const { owner, user, rootDeviceName } = family;
    return {
      id: `ami-${`${family.name}${architecture === "x86_64" ? "86" : "64"}`.padEnd(17, "0")}`,
      name: family.image.replace("ARCH", word),
      owner,
      user,
      rootDeviceName,
      architecture,
      sizeGiB: 8,
      parameters: family.parameters.map((path) => path.replace("ARCH", word)),
    };
  }),
);

/** The images in the form moto loads them from (its documentation, "EC2", MOTO_AMIS_PATH). */
export function motoImages(): object[] {
  return stockImages.map(({ id, name, owner, architecture, rootDeviceName }) => ({
    ami_id: id,
    name,
    description: name,
    owner_id: owner,
    public: true,
    virtualization_type: "hvm",
    architecture,
    state: "available",
    platform: null,
    image_type: "machine",
    hypervisor: "xen",
    root_device_name: rootDeviceName,
    root_device_type: "ebs",
    sriov: "simple",
    creation_date: "2026-11-01T00:00:00.000Z",
  }));
}
