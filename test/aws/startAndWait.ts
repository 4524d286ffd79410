import { TestAccount } from "./testAccount";

/** Starts an instance, prints the emulator's folder when it answers, and waits to be killed. */
void (async () => {
  const account = await TestAccount.start({ pending: 0, boot: 0 });
  await account.ssh(await account.launch(), "true");
  console.log(account.aws.folder);
})();
