/** What a look at the account found: a fact, or why there is none, in sentences. */
export type Finding<T> = { readonly fact: T } | { readonly problems: readonly string[] };

export function problemsOf(findings: readonly Finding<unknown>[]): string[] {
  return findings.flatMap((finding) => ("problems" in finding ? finding.problems : []));
}

export function factOf<T>(finding: Finding<T>): T | undefined {
  return "fact" in finding ? finding.fact : undefined;
}

/** A finding of one problem. */
export function problem(text: string): { readonly problems: readonly string[] } {
  return { problems: [text] };
}
