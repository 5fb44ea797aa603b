use crate::host::{self, Job};

#[test]
fn smoke() {
    for (source, entry, input) in [
        ("function main(x) { return x.a + 1 }", "", r#"{"a":41}"#),
        ("export default async function (x) { await null; return [...x, new Date(0)] }", "", "[1,2.5,\"ü\"]"),
        ("const main = async (x) => { await new Promise(r => setTimeout(r, 10)); throw new TypeError('no') }", "", "1"),
        ("const main = () => { \n return {a: [1, {b: 1n}]} }", "", "1"),
        ("\n\nconst main = ;", "", "1"),
        ("import x from 'y';\nexport const a = ;", "", "1"),
        ("function foo(){} const bar = () => 1;", "", "1"),
        ("export default { foo(){ return this.bar() }, bar(){ return 'b' } }", "foo", "1"),
        ("function main(){ return main() }", "", "1"),
        ("function main(){ return new Promise(()=>{}) }", "", "1"),
        ("function main(){ Promise.reject(new Error('lost')); return Object.getOwnPropertyNames(globalThis) }", "", "1"),
    ] {
        println!("{}\n", host::run(Job { source, entry, input, ..Job::default() }).text());
    }
}
