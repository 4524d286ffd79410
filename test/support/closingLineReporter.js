"use strict";

const { reporters } = require("mocha");

/**
 * Mocha's own `spec` report, and after it the line that tells the result in a form programs read:
 * `12 passed, 0 failed, 1 skipped`.
 */
class ClosingLineReporter extends reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
  }
}

module.exports = ClosingLineReporter;
