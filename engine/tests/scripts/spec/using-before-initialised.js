// expect: {"kind": "returned", "value": "ReferenceError ReferenceError ReferenceError TypeError"}
const early = () => top;
const seen = [];
const attempt = (body) => {
  try {
    return String(body());
  } catch (e) {
    return e.name;
  }
};
seen.push(attempt(early));
using top = null;
export default function () {
  const local = () => x;
  seen.push(attempt(local));
  using x = null;
  {
    const inner = () => y;
    seen.push(attempt(inner));
    using y = null;
  }
  seen.push(attempt(() => { x = 1; }));
  return seen.join(' ');
}
