/** Settings as they stand in a stack's file. */
export type Raw = Record<string, unknown>;

/** The source of a bake from a base AMI. */
export function bakedFrom(base: Raw, more: Raw = {}): Raw {
  return { source: { type: "bake", base, ...more } };
}

/** Settings that an account does not bear: what is wrong, the settings, and the problems that must be told. */
export function refusedSettings(
  imageId: (name: string) => string,
): readonly [string, () => Raw, readonly RegExp[]][] {
  return [
    [
      "an AMI that is not there",
      () => bakedFrom({ ami: "ami-0123456789abcdef0" }),
      [/^source\.base\.ami: ami-0123456789abcdef0 is no AMI of this region that you may use; /],
    ],
    [
      "a name that no AMI has",
      () => bakedFrom({ owner: "136693071363", name: "debian-99-*" }),
      [/^source\.base\.name: 136693071363 has no AMI named "debian-99-\*" in this region; /],
    ],
    [
      "a name that AMIs of two processors have",
      () => bakedFrom({ owner: "136693071363", name: "debian-12-*" }),
      [/^source\.base\.architecture: is missing, and "debian-12-\*" names AMIs for /],
    ],
    [
      "a parameter that is not there",
      () => bakedFrom({ ssmParameter: "/golden/ami" }),
      [/^source\.base\.ssmParameter: this region has no SSM parameter \/golden\/ami; /],
    ],
    [
      "an AMI of another processor than the box",
      () => bakedFrom({ ami: imageId("debian-12-arm64") }),
      [
        /^box\.architecture: amd64 is not allowed with ami-\w+ \(debian-12-arm64-.*; set it to arm64/,
      ],
    ],
    [
      "a builder and a worker of the wrong processor, at once",
      () => ({
        ...bakedFrom({ ami: imageId("debian-12-amd64") }, { instanceType: "t4g.small" }),
        worker: { instanceType: "c7g.large" },
      }),
      [/^source\.instanceType: t4g\.small is a type for arm64 and the image is for amd64; /],
    ],
    [
      "a worker's type of the wrong processor",
      () => ({ worker: { instanceType: "c7g.large" } }),
      [/^worker\.instanceType: c7g\.large is a type for arm64 and the image is for amd64; /],
    ],
    [
      "types that nobody has",
      () => ({ worker: { instanceType: "c6i.tiny" } }),
      [/^worker\.instanceType: c6i\.tiny is no instance type of this region; /],
    ],
    [
      "a worker's image of the wrong processor",
      () => ({ worker: { image: imageId("debian-12-arm64") } }),
      [
        /^worker\.image: ami-\w+ is for arm64 and the source for amd64, whose programs would not run/,
      ],
    ],
    [
      "a subnet that is not there",
      () => ({ worker: { subnetId: "subnet-0123456789abcdef0" } }),
      [/^worker\.subnetId: subnet-0123456789abcdef0 is no subnet of this region; /],
    ],
    [
      "an AMI and a snapshot that are not there, beside a wrong worker",
      () => ({
        source: { type: "snapshot", id: "snap-0123456789abcdef0" },
        worker: { instanceType: "c7g.large", subnetId: "subnet-0123456789abcdef0" },
      }),
      [
        /^worker\.subnetId: /,
        /^source\.id: snap-0123456789abcdef0 cannot be read; give a snapshot of this region/,
      ],
    ],
  ];
}
