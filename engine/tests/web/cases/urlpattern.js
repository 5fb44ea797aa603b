const p = new URLPattern({ pathname: "/books/:id" }); [p.protocol, p.username, p.password, p.hostname, p.port, p.pathname, p.search, p.hash, p.hasRegExpGroups]
//=> ["*", "*", "*", "*", "*", "/books/:id", "*", "*", false]

const p = new URLPattern("https://example.com/books/:id"); [p.protocol, p.username, p.password, p.hostname, p.port, p.pathname, p.search, p.hash]
//=> ["https", "*", "*", "example.com", "", "/books/:id", "*", "*"]

const p = new URLPattern({ pathname: "/books/:id" }); [p.test("https://a.com/books/1"), p.test("https://b.com/books/1?x#y"), p.test("https://a.com/books/"), p.test("https://a.com/books/1/2"), p.test("/books/1"), p.test("no URL")]
//=> [true, true, false, false, false, false]

new URLPattern({ pathname: "/books/:id" }).exec("https://a.com/books/12").pathname
//=> {input: "/books/12", groups: {id: "12"}}

new URLPattern({ pathname: "/books/:id" }).exec("https://a.com/books")
//=> null

const r = new URLPattern("https://*.example.com/:kind/*").exec("https://user:pw@www.example.com:443/a/b/c?q=1#h"); [r.inputs, r.hostname, r.pathname, r.port, r.username, r.search, r.hash]
//=> [["https://user:pw@www.example.com:443/a/b/c?q=1#h"], {input: "www.example.com", groups: {0: "www"}}, {input: "/a/b/c", groups: {0: "b/c", kind: "a"}}, {input: "", groups: {}}, {input: "user", groups: {0: "user"}}, {input: "q=1", groups: {0: "q=1"}}, {input: "h", groups: {0: "h"}}]

Object.keys(new URLPattern({ pathname: "/a" }).exec("https://a.com/a"))
//=> ["inputs", "protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"]

const p = new URLPattern("/a/:b", "https://example.com"); [p.protocol, p.hostname, p.pathname, p.search, p.hash, p.test("https://example.com/a/1"), p.test("https://example.org/a/1"), p.test("a/1", "https://example.com")]
//=> ["https", "example.com", "/a/:b", "*", "*", true, false, true]

const p = new URLPattern("/a/:b", "https://example.com"), r = p.exec("/a/1", "https://example.com/x"); [r.inputs, r.pathname.groups]
//=> [["/a/1", "https://example.com/x"], {b: "1"}]

const p = new URLPattern({ pathname: "b", baseURL: "https://example.com/a/c?d" }); [p.protocol, p.hostname, p.pathname, p.search]
//=> ["https", "example.com", "/a/b", "*"]

const p = new URLPattern({ search: "a=:b", baseURL: "https://example.com/x/y?c" }); [p.protocol, p.hostname, p.port, p.pathname, p.search, p.hash]
//=> ["https", "example.com", "", "/x/y", "a=:b", "*"]

const r = new URLPattern({ pathname: "/a/*" }).exec({ pathname: "/a/b" }); [r.inputs, r.pathname, r.hostname]
//=> [[{pathname: "/a/b"}], {input: "/a/b", groups: {0: "b"}}, {input: "", groups: {0: ""}}]

const p = new URLPattern({ pathname: "/a/*" }); [p.test({ pathname: "/a/b" }), p.test({ pathname: "b", baseURL: "https://x.y/a/c" }), p.test({ pathname: "b", baseURL: "no base" }), p.test({}), p.test()]
//=> [true, true, false, false, false]

const p = new URLPattern(); [p.pathname, p.test("https://a.b/c"), p.test(), p.test({ protocol: "foo" })]
//=> ["*", true, true, true]

[thrown(() => new URLPattern("/a")), thrown(() => new URLPattern("a b")), thrown(() => new URLPattern({ pathname: "/a" }, "https://example.com")), thrown(() => new URLPattern("/a", "no base")), thrown(() => new URLPattern({ baseURL: "no base" }))]
//=> ["<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>"]

const p = new URLPattern({ pathname: "/a" }); [thrown(() => p.test({ pathname: "/a" }, "https://example.com")), thrown(() => p.exec({ pathname: "/a" }, "https://example.com")), p.test("/a", "no base"), p.exec("/a", "no base")]
//=> ["<TypeError>", "<TypeError>", false, null]

[thrown(() => new URLPattern({ pathname: "/:" })), thrown(() => new URLPattern({ pathname: "/(" })), thrown(() => new URLPattern({ pathname: "/{a" })), thrown(() => new URLPattern({ pathname: "/:a/:a" })), thrown(() => new URLPattern({ pathname: "/(a(b))" })), thrown(() => new URLPattern({ pathname: "/(?a)" })), thrown(() => new URLPattern({ pathname: "/([z-a])" })), thrown(() => new URLPattern({ pathname: "/\\" }))]
//=> ["<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>"]

const p = new URLPattern({ pathname: "/:id(\\d+)/:rest*" }); [p.pathname, p.hasRegExpGroups, p.exec("https://a/12/b/c").pathname.groups, p.exec("https://a/12").pathname.groups, p.test("https://a/x")]
//=> ["/:id(\d+)/:rest*", true, {id: "12", rest: "b/c"}, {id: "12", rest: undefined}, false]

const p = new URLPattern({ pathname: "/a/:b?" }); [p.exec("https://a/a").pathname.groups, p.exec("https://a/a/x").pathname.groups, p.test("https://a/a/"), p.test("https://a/a/x/y")]
//=> [{b: undefined}, {b: "x"}, false, false]

const p = new URLPattern({ pathname: "/a/:b+" }); [p.test("https://a/a"), p.exec("https://a/a/x/y").pathname.groups]
//=> [false, {b: "x/y"}]

const p = new URLPattern({ pathname: "/a{/b}?/c" }); [p.pathname, p.test("https://a/a/c"), p.test("https://a/a/b/c"), p.test("https://a/a/b/b/c")]
//=> ["/a{/b}?/c", true, true, false]

const p = new URLPattern({ pathname: "/a{-b}+" }); [p.test("https://a/a"), p.test("https://a/a-b"), p.test("https://a/a-b-b")]
//=> [false, true, true]

const p = new URLPattern({ pathname: "/{:a.}?:b" }); [p.exec("https://a/x.y").pathname.groups, p.exec("https://a/y").pathname.groups]
//=> [{a: "x", b: "y"}, {a: undefined, b: "y"}]

[new URLPattern({ pathname: "/*/*" }).exec("https://a/b/c").pathname.groups, new URLPattern({ pathname: "/(.*)/:x" }).exec("https://a/b/c/d").pathname.groups]
//=> [{0: "b", 1: "c"}, {0: "b/c", x: "d"}]

[new URLPattern({ pathname: "/(.*)" }).pathname, new URLPattern({ pathname: "/(a)" }).pathname, new URLPattern({ pathname: "/{a}" }).pathname, new URLPattern({ pathname: "{/:a}" }).pathname, new URLPattern({ pathname: "/:a{b}" }).pathname, new URLPattern({ pathname: "/:a\\b" }).pathname]
//=> ["/*", "/(a)", "/a", "/:a", "{/:a}b", "{/:a}b"]

[new URLPattern({ pathname: "/a/../b" }).pathname, new URLPattern({ pathname: "/é" }).pathname, new URLPattern({ pathname: "/a b" }).pathname, new URLPattern({ search: "?é" }).search, new URLPattern({ hash: "#é" }).hash, new URLPattern({ protocol: "HTTPS" }).protocol, new URLPattern({ hostname: "EXAMPLE.com" }).hostname]
//=> ["/b", "/%C3%A9", "/a%20b", "%C3%A9", "%C3%A9", "https", "example.com"]

const p = new URLPattern({ pathname: "/é" }); [p.test("https://a/é"), p.test("https://a/%C3%A9"), p.test("https://a/e")]
//=> [true, true, false]

const p = new URLPattern({ hostname: "ünï.example" }); [p.hostname, p.test("https://ünï.example/"), p.test("https://xn--n-nga1b.example/")]
//=> ["xn--n-nga1b.example", true, true]

[new URLPattern("https://example.com:443/").port, new URLPattern("https://example.com:8443/").port, new URLPattern({ protocol: "http", port: "80" }).port, new URLPattern({ port: "80" }).port, thrown(() => new URLPattern({ port: "abc" }))]
//=> ["", "8443", "", "80", "<TypeError>"]

const p = new URLPattern("http{s}?://:sub(a|b).example.com/*"); [p.protocol, p.hostname, p.test("http://a.example.com/"), p.test("https://b.example.com/x"), p.test("https://c.example.com/x"), p.exec("https://b.example.com/x").hostname.groups]
//=> ["http{s}?", ":sub(a|b).example.com", true, true, false, {sub: "b"}]

const p = new URLPattern("https://example.com/a?b=:c#:d"); [p.pathname, p.search, p.hash, p.exec("https://example.com/a?b=1#2").search.groups, p.exec("https://example.com/a?b=1#2").hash.groups]
//=> ["/a", "b=:c", ":d", {c: "1"}, {d: "2"}]

const p = new URLPattern("https://example.com/:a?"); [p.pathname, p.search, p.test("https://example.com/x"), p.test("https://example.com/?")]
//=> ["/:a?", "*", true, false]

const p = new URLPattern("https://example.com/a\\?b"); [p.pathname, p.search, p.test("https://example.com/a?b")]
//=> ["/a", "b", true]

const p = new URLPattern("data\\:foobar"); [p.protocol, p.pathname, p.test("data:foobar")]
//=> ["data", "foobar", true]

const p = new URLPattern("https://user\\:password@example.com"); [p.username, p.password, p.hostname, p.test("https://user:password@example.com/")]
//=> ["user", "password", "example.com", true]

const p = new URLPattern("https://[\\:\\:1]/"); [p.hostname, p.test("https://[::1]/"), p.test("https://[::2]/")]
//=> ["[\:\:1]", true, false]

const p = new URLPattern({ hostname: "[:x]" }); [p.hostname, p.test("https://[::1]/")]
//=> ["[:x]", true]

const p = new URLPattern({ protocol: "javascript", pathname: "var x = 1;" }); [p.pathname, p.test("javascript:var x = 1;")]
//=> ["var x = 1;", true]

const p = new URLPattern({ protocol: "(data|javascript)", pathname: "var x = 1;" }); [p.hasRegExpGroups, p.test({ protocol: "javascript", pathname: "var x = 1;" }), p.test({ protocol: "https", pathname: "var x = 1;" })]
//=> [true, true, false]

const a = new URLPattern({ pathname: "/Foo/:x" }), b = new URLPattern({ pathname: "/Foo/:x" }, { ignoreCase: true }); [a.test("https://a/foo/y"), b.test("https://a/foo/y"), b.test("https://a/FOO/Y"), b.pathname]
//=> [false, true, true, "/Foo/:x"]

const p = new URLPattern("/Foo", "https://example.com", { ignoreCase: true }); [p.test("https://example.com/fOO"), p.test("https://EXAMPLE.com/foo")]
//=> [true, true]

const p = new URLPattern({ search: "a", hash: "B" }, { ignoreCase: true }); [p.test("https://x/?A#b"), new URLPattern({ search: "a" }).test("https://x/?A")]
//=> [true, false]

const p = new URLPattern({ pathname: "/:café" }); p.exec("https://a/b").pathname.groups
//=> {café: "b"}

const p = new URLPattern({ pathname: "/([\\d&&[0-4]]+)" }); [p.test("https://a/123"), p.test("https://a/567")]
//=> [true, false]

const p = new URLPattern({ pathname: "/:x(😀|%F0%9F%98%80)" }); p.exec("https://a/😀").pathname.groups
//=> throws <TypeError>

const p = new URLPattern({ pathname: "/*.:ext(png|jpg)" }); [p.exec("https://a/b/c.png").pathname.groups, p.test("https://a/b.gif")]
//=> [{0: "b/c", ext: "png"}, false]

[new URLPattern({ hostname: "{*.}?example.com" }).test("https://example.com/"), new URLPattern({ hostname: "{*.}?example.com" }).test("https://a.b.example.com/"), new URLPattern({ hostname: ":sub.example.com" }).test("https://a.b.example.com/")]
//=> [true, true, false]

const read = []; const init = new Proxy({ pathname: "/a" }, { get(target, key) { read.push(key); return target[key]; } }); new URLPattern(init); read
//=> ["baseURL", "hash", "hostname", "password", "pathname", "port", "protocol", "search", "username"]

[String(new URLPattern()), URLPattern.name, URLPattern.length, thrown(() => URLPattern()), Object.keys(URLPattern.prototype).sort()]
//=> ["[object URLPattern]", "URLPattern", 0, "<TypeError>", ["exec", "hasRegExpGroups", "hash", "hostname", "password", "pathname", "port", "protocol", "search", "test", "username"]]

[thrown(() => URLPattern.prototype.test("a:b")), thrown(() => URLPattern.prototype.pathname), thrown(() => new URLPattern("https://a.com", {})), thrown(() => new URLPattern({}, null)), thrown(() => new URLPattern({}, { ignoreCase: 1 })), thrown(() => new URLPattern({}, 5))]
//=> ["<TypeError>", "<TypeError>", "no error", "no error", "no error", "<TypeError>"]

const p = new URLPattern({ pathname: "/a" }); p.pathname = "/b"; [p.pathname, Object.isExtensible(p)]
//=> ["/a", true]

const p = new URLPattern({ pathname: "/:__proto__/:constructor" }), { groups } = p.exec("https://a/x/y").pathname; [Object.keys(groups), Object.getPrototypeOf(groups) === Object.prototype, groups.constructor]
//=> [["__proto__", "constructor"], true, "y"]
