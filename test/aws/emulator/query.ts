/** A request of the EC2 query protocol, or of the one of IAM and STS, which looks the same. */
export class Query {
  constructor(public readonly parameters: URLSearchParams) {}

  public static parse(body: string): Query {
    return new Query(new URLSearchParams(body));
  }

  public static of(action: string, parameters: Readonly<Record<string, string>> = {}): Query {
    return new Query(new URLSearchParams({ Action: action, Version: "2016-11-15", ...parameters }));
  }

  public get action(): string {
    return this.get("Action");
  }

  /** A parameter; empty when it was not given. */
  public get(name: string): string {
    return this.parameters.get(name) ?? "";
  }

  public set(name: string, value: string): void {
    this.parameters.set(name, value);
  }

  /** Numbers used in a list such as `BlockDeviceMapping.N.DeviceName`, in order. */
  public indexes(list: string): number[] {
    const numbers = new Set<number>();
    for (const key of this.parameters.keys()) {
      const [, number] = new RegExp(`^${list}\\.(\\d+)(\\.|$)`).exec(key) ?? [];
      if (number !== undefined) numbers.add(Number(number));
    }
    return [...numbers].sort((a, b) => a - b);
  }

  /** The values of a list such as `InstanceId.N`. */
  public list(name: string): string[] {
    return this.indexes(name).map((index) => this.get(`${name}.${index}`));
  }

  /** Takes away every parameter that begins so. */
  public removeAll(prefix: string): void {
    for (const key of [...this.parameters.keys()]) {
      if (key.startsWith(prefix)) this.parameters.delete(key);
    }
  }

  /** The tags asked for a kind of resource in `TagSpecification.N`. */
  public tagsFor(resourceType: string): Record<string, string> {
    const tags: Record<string, string> = {};
    for (const index of this.indexes("TagSpecification")) {
      const at = `TagSpecification.${index}`;
      if (this.get(`${at}.ResourceType`) !== resourceType) continue;
      for (const tag of this.indexes(`${at}\\.Tag`)) {
        tags[this.get(`${at}.Tag.${tag}.Key`)] = this.get(`${at}.Tag.${tag}.Value`);
      }
    }
    return tags;
  }

  public toString(): string {
    return this.parameters.toString();
  }
}
