// Waits for something that nobody will ever do. That is known at once: nothing is left that could settle the promise.
//
//   $ ampoule run examples/wrong/never-settles.js
//   waiting
//   DeadlockError: the entry's promise can never settle: nothing is left to wait for
//   exit code 1

export default async function waitForApproval() {
  console.log("waiting");
  await new Promise((resolve) => {});
}
