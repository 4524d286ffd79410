/** Settings as they stand in a stack's file. */
export type Raw = Record<string, unknown>;

export const hostKey = `ssh-ed25519 ${"A".repeat(68)}`;

/** Settings of a worker reached over SSH. */
export function ssh(worker: Raw = {}, more: Raw = {}): Raw {
  return {
    target: "ssh",
    publish: { directory: "/srv/boxes" },
    worker: { host: "build.example", hostKey, privateKeyFile: "key", ...worker },
    ...more,
  };
}

/** Settings of a worker in EC2, which makes the box of an AMI. */
export function aws(worker: Raw = {}, more: Raw = {}): Raw {
  return {
    target: "aws",
    source: { type: "ami", id: "ami-0123456789abcdef0" },
    publish: { bucket: "boxes-of-acme" },
    worker,
    ...more,
  };
}

/** The source of a bake, in place of the AMI. */
export const bake = (more: Raw = {}): Raw => ({
  source: { type: "bake", base: { ami: "ami-0123456789abcdef0" }, ...more },
});

/** Settings that a target does not bear: what is wrong, the settings, and the one problem that must be told. */
export const refused: readonly [string, Raw, string | RegExp][] = [
  [
    "a Debian made in EC2",
    aws({}, { source: { type: "debian" } }),
    `source.type: "debian" is not allowed; it is for target local and ssh; allowed for target aws: bake, ami, snapshot`,
  ],
  [
    "a bake on this machine",
    { source: { type: "bake" } },
    `source.type: "bake" is not allowed; it is for target aws; allowed for target local: debian, image`,
  ],
  [
    "no source in EC2",
    { target: "aws", publish: { bucket: "acme" } },
    "source: is missing; it must be a group of settings",
  ],
  [
    "a setting of another target's worker",
    aws({ host: "x" }),
    "worker.host: is a setting of target ssh, not of aws; leave it out",
  ],
  [
    "a setting of EC2 on this machine",
    { worker: { spot: true } },
    "worker.spot: is a setting of target aws, not of local; leave it out",
  ],
  [
    "no bucket in EC2",
    aws({}, { publish: {} }),
    "publish.bucket: is missing; it must be text, in quotes where it looks like a number",
  ],
  [
    "a folder in EC2",
    aws({}, { publish: { bucket: "acme", directory: "out" } }),
    "publish.directory: is not for target aws, which publishes in a bucket; set publish.bucket",
  ],
  [
    "a folder and a bucket",
    { publish: { bucket: "acme", directory: "out" } },
    "publish.directory: does not go with publish.bucket; leave one of them out",
  ],
  [
    "a prefix without a bucket",
    { publish: { prefix: "a" } },
    "publish.prefix: goes with publish.bucket; set that too, or leave it out",
  ],
  [
    "a relative folder on the worker",
    ssh({}, { publish: { directory: "out" } }),
    `publish.directory: "out" is not allowed; it must be an absolute path on the worker, or leave it out and set bucket`,
  ],
  [
    "an address without https",
    aws({}, { publish: { bucket: "acme", url: "boxes.example.org" } }),
    `publish.url: "boxes.example.org" is not allowed; it must begin with http:// or https:// and have no ? or #, such as https://boxes.example.org`,
  ],
  [
    "a machine's address that is none",
    { publish: { privateAddress: "10.10.1" } },
    `publish.privateAddress: "10.10.1" is not allowed; it must be an IPv4 address, such as 10.10.1.10`,
  ],
  ["a retention that keeps nothing", { publish: { keep: 0 } }, /^publish\.keep: 0 is not allowed/],
  [
    "retention in a folder of a worker, which nobody but the worker can clear",
    ssh({}, { publish: { directory: "/srv/boxes", keep: 3 } }),
    /^publish\.keep: /,
  ],
  [
    "a bucket's name in capitals",
    aws({}, { publish: { bucket: "Acme" } }),
    /^publish\.bucket: "Acme" is not allowed; it must be a bucket's name: /,
  ],
  ...["/a", "a/", "a//b", "a b", "../a", "a/./b", "ä", "a*", ".a"].map(
    (prefix): [string, Raw, RegExp] => [
      `the prefix ${prefix}`,
      aws({}, { publish: { bucket: "acme", prefix } }),
      /^publish\.prefix: ".*" is not allowed; it must be words of letters, digits, _, - and \./,
    ],
  ),
  ...["0.0.0.0/0", "10.0.0.0/8", "192.0.2.0/23"].map((sshCidr): [string, Raw, string] => [
    `the range ${sshCidr}`,
    aws({ sshCidr }),
    `worker.sshCidr: "${sshCidr}" is not allowed; it may be no wider than /24: give the range you come from`,
  ]),
  ...["192.0.2.7", "192.0.2.7/33", "192.0.2/24", "2001:db8::/64", "192.0.2.256/32", "/24"].map(
    (sshCidr): [string, Raw, string] => [
      `the address ${sshCidr}`,
      aws({ sshCidr }),
      `worker.sshCidr: "${sshCidr}" is not allowed; it must be an IPv4 range such as 192.0.2.7/32`,
    ],
  ),
  [
    "an address within a range",
    aws({ sshCidr: "192.0.2.7/29" }),
    `worker.sshCidr: "192.0.2.7/29" is not allowed; its address is none of a /29; give 192.0.2.0/29, or 192.0.2.7/32`,
  ],
  [
    "an id that is none",
    aws({}, { source: { type: "ami", id: "ami-12" } }),
    `source.id: "ami-12" is not allowed; it must be an id such as ami-0123456789abcdef0`,
  ],
  ...[{}, { owner: "self" }, { ami: "ami-0123abcd", ssmParameter: "/a" }].map(
    (base): [string, Raw, RegExp] => [
      `the base ${JSON.stringify(base)}`,
      aws({}, bake({ base })),
      /^source\.base\.ami: .*; the base has one of ami, ssmParameter, or owner with name/,
    ],
  ),
  [
    "a reboot where nothing runs to be rebooted",
    aws({}, { provisioning: { scripts: [{ reboot: true }] } }),
    /^provisioning\.scripts\.0: \{"reboot":true\} is not allowed; it must be text/,
  ],
  [
    "a reboot that is none",
    aws({}, { ...bake(), provisioning: { scripts: [{ reboot: false }] } }),
    `provisioning.scripts.0: {"reboot":false} is not allowed; it must be the path of a script, or {reboot: true}`,
  ],
  [
    "another image for the worker",
    aws({ image: "fedora" }),
    `worker.image: "fedora" is not allowed; it must be ubuntu, debian, amazon-linux or an AMI's id`,
  ],
  [
    "a lifetime of a week",
    aws({ lifetimeHours: 168 }),
    "worker.lifetimeHours: 168 is not allowed; it must be 48 or less",
  ],
  [
    "a rate AWS does not have",
    aws({ volumeInitializationRate: 50 }),
    "worker.volumeInitializationRate: 50 is not allowed; it must be 100 or more",
  ],
  [
    "a machine that need prove nothing",
    ssh({ hostKey: undefined }),
    "worker.hostKey: is missing; it must be text, in quotes where it looks like a number",
  ],
  [
    "a host key with the host before it",
    ssh({ hostKey: `build.example ${hostKey}` }),
    /^worker\.hostKey: "build\.example .* is not allowed; it must be a public key/,
  ],
  [
    "an image on the worker by a relative path",
    ssh({}, { source: { type: "image", path: "a", format: "raw", onWorker: true } }),
    `source.path: "a" is not allowed; a file on the worker is given by its absolute path`,
  ],
];
