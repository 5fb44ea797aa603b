// expect: {"kind": "returned", "value": "ReferenceError null"}
export default async () => {
  const early = () => x;
  let first;
  try {
    early();
  } catch (e) {
    first = e.name;
  }
  await using x = null;
  return `${first} ${early()}`;
};
