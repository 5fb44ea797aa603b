const u = new URL("https://user:pa%20ss@Example.COM:8080/a/./b/../c?x=1&y=2#frag"); [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]
//=> ["https://user:pa%20ss@example.com:8080/a/c?x=1&y=2#frag", "https://example.com:8080", "https:", "user", "pa%20ss", "example.com:8080", "example.com", "8080", "/a/c", "?x=1&y=2", "#frag"]

[new URL("../x?q", "https://a.b/c/d/e").href, new URL("//h/p", "https://a").href, new URL("?q", "https://a/b#c").href, new URL("#f", "https://a/b?c").href, new URL("", "https://a/b?c#d").href]
//=> ["https://a.b/c/x?q", "https://h/p", "https://a/b?q", "https://a/b?c#f", "https://a/b?c"]

[thrown(() => new URL("nope")), thrown(() => new URL("/x", "nope")), thrown(() => new URL("http://")), thrown(() => new URL("http://a:99999/")), thrown(() => new URL("http://a b/")), thrown(() => new URL()), thrown(() => URL("http://a"))]
//=> ["<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>"]

[URL.canParse("https://a"), URL.canParse("a"), URL.canParse("a", "https://b"), thrown(() => URL.canParse())]
//=> [true, false, true, "<TypeError>"]

[new URL("http://a:80/").port, new URL("https://a:443/").href, new URL("http://a:0/").port, new URL("ftp://a:21/").host]
//=> ["", "https://a/", "0", "a"]

[new URL("http://[::1]:3000/").host, new URL("http://[2001:DB8:0:0:0:0:0:1]/").hostname, new URL("http://0x7f.1/").hostname, new URL("http://192.168.257/").hostname]
//=> ["[::1]:3000", "[2001:db8::1]", "127.0.0.1", "192.168.1.1"]

[new URL("http://münchen.de/ä?ö#ü").href, new URL("http://xn--mnchen-3ya.de/").host, new URL("http://faß.de/").host, new URL("http://☃.net/").host]
//=> ["http://xn--mnchen-3ya.de/%C3%A4?%C3%B6#%C3%BC", "xn--mnchen-3ya.de", "xn--fa-hia.de", "xn--n3h.net"]

[new URL("mailto:a@b.c").pathname, new URL("data:text/plain,hi").pathname, new URL("mailto:a@b.c").origin, new URL("file:///a/b").origin, new URL("blob:https://a.b/x").origin, new URL("javascript:alert(1)").protocol]
//=> ["a@b.c", "text/plain,hi", "null", "null", "https://a.b", "javascript:"]

[new URL("file:///C:/a/../b").href, new URL("file:c").href, new URL("file://host/p").href]
//=> ["file:///C:/b", "file:///c", "file://host/p"]

[new URL("  https://a/\n b\t ").href, new URL("https:\\\\a\\b").href, new URL("https:/a").href, new URL("https:a").href]
//=> ["https://a/%20b", "https://a/b", "https://a/", "https://a/"]

const u = new URL("https://a/b"); u.protocol = "http"; u.host = "c:81"; u.pathname = "d e"; u.search = "q=1"; u.hash = "h"; u.username = "u"; u.password = "p:"; [u.href]
//=> ["http://u:p%3A@c:81/d%20e?q=1#h"]

const u = new URL("https://a:81/b"); u.port = "443"; const x = u.href; u.port = "8x"; const y = u.port; u.port = ""; [x, y, u.href]
//=> ["https://a/b", "8", "https://a/b"]

const u = new URL("https://a/"); u.hostname = "b c"; u.protocol = "mailto"; u.port = "x"; u.href
//=> https://a/

const u = new URL("https://a/?x#y"); u.search = ""; u.hash = ""; u.href
//=> https://a/

const u = new URL("https://a/"); u.href = "http://b/"; [u.host, thrown(() => { u.href = "nope"; }), u.host]
//=> ["b", "<TypeError>", "b"]

const u = new URL("https://a/?a=1"); u.searchParams.append("b", "ä &"); u.searchParams.delete("a"); [u.search, u.searchParams.get("b")]
//=> ["?b=%C3%A4+%26", "ä &"]

const u = new URL("https://a/?a=1"), p = u.searchParams; u.search = "?z=9"; [p.get("z"), p.get("a"), u.searchParams === p]
//=> ["9", null, true]

const u = new URL("https://a/?a=1"); u.searchParams.delete("a"); u.href
//=> https://a/

[JSON.stringify({ u: new URL("https://a") }), String(new URL("https://a")), `${new URL("https://a")}`, Object.prototype.toString.call(new URL("https://a"))]
//=> ["{"u":"https://a/"}", "https://a/", "https://a/", "[object URL]"]

[new URL("https://a/%7Efoo/%zz/%41").pathname, new URL("https://a/\"<>`{}|").pathname, new URL("https://a/?\"<>'`").search, new URL("https://a/#\"<>`").hash]
//=> ["/%7Efoo/%zz/%41", "/%22%3C%3E%60%7B%7D|", "?%22%3C%3E%27`", "#%22%3C%3E%60"]

[new URL("http://a/%2e/%2E%2e/b").pathname, new URL("http://a//b///c").pathname, new URL("http://a/b/..").pathname, new URL("http://a/..;x").pathname]
//=> ["/b", "//b///c", "/", "/..;x"]

[new URL("non-special://a/b/../c").href, new URL("non-special:a b").href, new URL("non-special://A").host, new URL("x:/a/../../b").href]
//=> ["non-special://a/c", "non-special:a b", "A", "x:/b"]

[new URL("http://a.b./").host, new URL("http://a..b/").host, thrown(() => new URL("http://a%00b/")), thrown(() => new URL("http://a<b/"))]
//=> ["a.b.", "a..b", "<TypeError>", "<TypeError>"]

[new URL("http://%41.com/").host, new URL("http://EXAMPLE%2ecom/").host]
//=> ["a.com", "example.com"]

new URL("http://a/\ud800").href
//=> http://a/%EF%BF%BD

Object.keys(URL.prototype).sort()
//=> ["hash", "host", "hostname", "href", "origin", "password", "pathname", "port", "protocol", "search", "searchParams", "toJSON", "toString", "username"]

[URL.length, URL.name, URLSearchParams.length]
//=> [1, "URL", 0]

const p = new URLSearchParams("?a=1&b=2&a=3&c"); [p.get("a"), p.getAll("a"), p.has("c"), p.get("c"), p.get("z"), p.size, String(p)]
//=> ["1", ["1", "3"], true, "", null, 4, "a=1&b=2&a=3&c="]

[String(new URLSearchParams({ a: 1, b: "x y" })), String(new URLSearchParams([["a", 1], ["b", 2]])), String(new URLSearchParams(new Map([["k", "v"]]))), String(new URLSearchParams(new URLSearchParams("q=1")))]
//=> ["a=1&b=x+y", "a=1&b=2", "k=v", "q=1"]

[String(new URLSearchParams("a+b=c%20d&%zz=%41")), String(new URLSearchParams("&&a=&=b&")), String(new URLSearchParams("a=b=c"))]
//=> ["a+b=c+d&%25zz=A", "a=&=b", "a=b%3Dc"]

String(new URLSearchParams({ "ä": "~*-._!'()" }))
//=> %C3%A4=%7E*-._%21%27%28%29

const p = new URLSearchParams("z=1&a=2&z=0&a=1"); p.sort(); String(p)
//=> a=2&a=1&z=1&z=0

const p = new URLSearchParams("\ufffe=1&\u{1f600}=2&a=3"); p.sort(); [...p.keys()]
//=> ["a", "😀", "￾"]

const p = new URLSearchParams("a=1&b=2&a=3"); p.set("a", "x"); p.append("c", "y"); p.delete("b"); [...p]
//=> [["a", "x"], ["c", "y"]]

const p = new URLSearchParams("a=1&a=2"); [p.has("a", "2"), p.has("a", "3"), (p.delete("a", "1"), String(p))]
//=> [true, false, "a=2"]

const out = []; new URLSearchParams("a=1&b=2").forEach(function (v, k, p) { out.push(k, v, String(this)); }, "ctx"); out
//=> ["a", "1", "ctx", "b", "2", "ctx"]

[thrown(() => new URLSearchParams([["a"]])), thrown(() => new URLSearchParams([1])), thrown(() => new URLSearchParams("a").get()), thrown(() => new URLSearchParams("a").append("b"))]
//=> ["<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>"]

const p = new URLSearchParams("a=1&b=2"), it = p[Symbol.iterator](); p.append("c", "3"); [...it].length
//=> 3

[Object.prototype.toString.call(new URLSearchParams()), Object.prototype.toString.call(new URLSearchParams().keys()), URLSearchParams.prototype[Symbol.iterator] === URLSearchParams.prototype.entries]
//=> ["[object URLSearchParams]", "[object URLSearchParams Iterator]", true]

String(new URLSearchParams("a=\ud800"))
//=> a=%EF%BF%BD

String(new URLSearchParams(undefined))
//=>

String(new URLSearchParams(null))
//=> null=

[...new URLSearchParams("%F0%9F%98%80=%E4&%ff")]
//=> [["😀", "�"], ["�", ""]]

const u = new URL("https://a/?q=a+b%20c"); [u.searchParams.get("q"), u.search, (u.searchParams.append("x", "y"), u.search)]
//=> ["a b c", "?q=a+b%20c", "?q=a+b+c&x=y"]

const u = new URL("https://a/b"); [thrown(() => Object.getOwnPropertyDescriptor(URL.prototype, "href").get.call({})), typeof u.toJSON]
//=> ["<TypeError>", "function"]

[new URL("HTTP://A/B").href, new URL("wss://a/b").origin, new URL("https://a:0443/").host]
//=> ["http://a/B", "wss://a", "a"]

[new URL("https://a@b@c/").href, new URL("https://:x@a/").href, new URL("https://a:@b/").href]
//=> ["https://a%40b@c/", "https://:x@a/", "https://a@b/"]

[new URL("http://1.2.3/").host, thrown(() => new URL("http://1.2.3.4.5/")), thrown(() => new URL("http://256.1.1.1/")), new URL("http://010.1/").host]
//=> ["1.2.0.3", "<TypeError>", "<TypeError>", "8.0.0.1"]

[thrown(() => new URL("http://[::1/")), thrown(() => new URL("http://[g::1]/")), new URL("http://[::127.0.0.1]/").host]
//=> ["<TypeError>", "<TypeError>", "[::7f00:1]"]
