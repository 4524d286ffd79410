/**
 * What was looked up for one box of a stack and need not be for the next. It lives as long as one look at the
 * stack: the next one asks again.
 */
export class Looks {
  private readonly answers = new Map<string, unknown>();

  /**
   * The answer to a question, asked the first time only.
   *
   * @param question what tells it from all others
   */
  public once<T>(question: string, ask: () => T): T {
    if (!this.answers.has(question)) this.answers.set(question, ask());
    return this.answers.get(question) as T;
  }
}
