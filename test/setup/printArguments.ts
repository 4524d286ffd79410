// What the test of run.mjs hands over to.
process.stdout.write(`${JSON.stringify(process.argv.slice(2))}\n`);
process.exitCode = 3;
