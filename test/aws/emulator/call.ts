/** One call that reached the emulator. */
export interface Call {
  /** Such as `ec2:RunInstances`. */
  readonly name: string;
  /** The permission that IAM asks for it; most often named as the call. */
  readonly permission: string;
  /** Whose call it was, undefined for the public's. */
  readonly accessKeyId: string | undefined;
}
