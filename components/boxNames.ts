/**
 * Name of a resource of one box of a stack. Box names have no colon, so that no two boxes' names are alike.
 *
 * @param key of the box; missing for the only box of a stack that lists none
 * @param what the resource is to the box, such as `worker`
 */
export function nameOfBox(key: string | undefined, what: string): string {
  return key === undefined ? what : `${key}:${what}`;
}

/** The key in a resource's name; undefined where it has none. */
export function keyInName(name: string): string | undefined {
  const end = name.indexOf(":");
  return end < 0 ? undefined : name.slice(0, end);
}
