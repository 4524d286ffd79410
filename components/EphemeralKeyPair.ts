import { KeyPair } from "@pulumi/aws/ec2/keyPair";
import * as pulumi from "@pulumi/pulumi";
import { RandomId } from "@pulumi/random/randomId";
import { PrivateKey } from "@pulumi/tls/privateKey";

export interface EphemeralKeyPairArgs {
  /** Tags of the key pair; see `ownershipTags`. */
  tags: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** A key pair that lives as long as the stack. Its private half is a secret of the state and on no disk. */
export class EphemeralKeyPair extends pulumi.ComponentResource {
  /** Name in AWS, random. */
  public readonly keyName: pulumi.Output<string>;
  /** Private half in OpenSSH's format; a secret. */
  public readonly privateKey: pulumi.Output<string>;
  /** Public half, `ssh-ed25519 AAAA...`. */
  public readonly publicKey: pulumi.Output<string>;

  constructor(name: string, args: EphemeralKeyPairArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:EphemeralKeyPair", name, {}, opts);

    const key = new PrivateKey(`${name}-key`, { algorithm: "ED25519" }, { parent: this });
    const suffix = new RandomId(`${name}-suffix`, { byteLength: 4 }, { parent: this });
    // OpenSSH's line ends with a line feed, which AWS would store as part of the key.
    this.publicKey = key.publicKeyOpenssh.apply((line) => line.trim());
    this.privateKey = pulumi.secret(key.privateKeyOpenssh);
    const pair = new KeyPair(
      `${name}-pair`,
      {
        keyName: pulumi.interpolate`ami2box-${suffix.hex}`,
        publicKey: this.publicKey,
        tags: args.tags,
      },
      { parent: this },
    );
    this.keyName = pair.keyName;
    this.registerOutputs({
      keyName: this.keyName,
      privateKey: this.privateKey,
      publicKey: this.publicKey,
    });
  }
}
