import type * as pulumi from "@pulumi/pulumi";

/** The box that is to be made. */
export interface BoxArgs {
  /** Vagrant's name, `name` or `organisation/name`. */
  name: pulumi.Input<string>;
  version: pulumi.Input<string>;
  /** One line for the catalog. */
  description: pulumi.Input<string>;
  /** Size of the virtual disk, bytes. */
  diskBytes: pulumi.Input<number>;
  /** The virtual machine; see `formats/ovf/hardware.ts`. */
  hardware: pulumi.Input<Record<string, unknown>>;
  /** What the box starts with; `both` is made for the BIOS and starts with either. */
  firmware: pulumi.Input<"bios" | "efi" | "both">;
  /** `public`: Vagrant's own keys and passwords; `private`: only these keys, and no password. */
  access: pulumi.Input<"public" | "private">;
  /** Text of the public keys of a private box, one a line; empty for a public one. */
  authorizedKeys: pulumi.Input<string>;
  /** Lines put into the box's own Vagrantfile. */
  vagrantfile: pulumi.Input<string[]>;
  compression: pulumi.Input<"fast" | "default" | "best">;
  /** Compressing threads; by default one a processor of the worker. */
  threads?: pulumi.Input<number> | undefined;
}

/** How the box must show that it works before it is published. */
export interface BootProofArgs {
  /** Seconds a guest may take until it answers over SSH. */
  timeoutSeconds: pulumi.Input<number>;
}
