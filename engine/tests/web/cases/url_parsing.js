thrown(() => { throw new URL("http://example\t.\norg").href; })
//=> "http://example.org/"

thrown(() => { throw new URL("http://user:pass@foo:21/bar;par?b#c").href; })
//=> "http://user:pass@foo:21/bar;par?b#c"

thrown(() => { throw new URL("https://test:@test").href; })
//=> "https://test@test/"

thrown(() => { throw new URL("https://:@test").href; })
//=> "https://test/"

thrown(() => { throw new URL("non-special://test:@test/x").href; })
//=> "non-special://test@test/x"

thrown(() => { throw new URL("http:foo.com").href; })
//=> "http://foo.com/"

thrown(() => { throw new URL("\t   :foo.com   \n").href; })
//=> <TypeError>

thrown(() => { throw new URL(" foo.com  ").href; })
//=> <TypeError>

thrown(() => { throw new URL("a:\t foo.com").href; })
//=> "a: foo.com"

thrown(() => { throw new URL("http://f:21/ b ? d # e ").href; })
//=> "http://f:21/%20b%20?%20d%20#%20e"

thrown(() => { throw new URL("lolscheme:x x#x x").href; })
//=> "lolscheme:x x#x%20x"

thrown(() => { throw new URL("http://f:c/b").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://f: /b").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://f:fifty-two/c").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://f:/c").href; })
//=> "http://f/c"

thrown(() => { throw new URL("http://f:0/c").href; })
//=> "http://f:0/c"

thrown(() => { throw new URL("http://f:00000000000000/c").href; })
//=> "http://f:0/c"

thrown(() => { throw new URL("http://f:00000000000000000000080/c").href; })
//=> "http://f/c"

thrown(() => { throw new URL("http://f:b/c").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://f:\n/c").href; })
//=> "http://f/c"

thrown(() => { throw new URL("http://f:999999/c").href; })
//=> <TypeError>

thrown(() => { throw new URL("http::@c:29").href; })
//=> "http://c:29/"

thrown(() => { throw new URL("http://a:b@c:29/d").href; })
//=> "http://a:b@c:29/d"

thrown(() => { throw new URL("http://&a:foo(b]c@d:2/").href; })
//=> "http://&a:foo(b%5Dc@d:2/"

thrown(() => { throw new URL("http://foo.com:b@d/").href; })
//=> "http://foo.com:b@d/"

thrown(() => { throw new URL("http://foo.com/\\@").href; })
//=> "http://foo.com//@"

thrown(() => { throw new URL("http:\\\\foo.com\\").href; })
//=> "http://foo.com/"

thrown(() => { throw new URL("http:\\\\a\\b:c\\d@foo.com\\").href; })
//=> "http://a/b:c/d@foo.com/"

thrown(() => { throw new URL("foo:/").href; })
//=> "foo:/"

thrown(() => { throw new URL("foo:/bar.com/").href; })
//=> "foo:/bar.com/"

thrown(() => { throw new URL("foo://///////").href; })
//=> "foo://///////"

thrown(() => { throw new URL("foo://///////bar.com/").href; })
//=> "foo://///////bar.com/"

thrown(() => { throw new URL("foo:////://///").href; })
//=> "foo:////://///"

thrown(() => { throw new URL("c:/foo").href; })
//=> "c:/foo"

thrown(() => { throw new URL("http://foo/path;a??e#f#g").href; })
//=> "http://foo/path;a??e#f#g"

thrown(() => { throw new URL("http://foo/abcd?efgh?ijkl").href; })
//=> "http://foo/abcd?efgh?ijkl"

thrown(() => { throw new URL("http://foo/abcd#foo?bar").href; })
//=> "http://foo/abcd#foo?bar"

thrown(() => { throw new URL("[61:24:74]:98").href; })
//=> <TypeError>

thrown(() => { throw new URL("http:[61:27]/:foo").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://[1::2]:3:4").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://2001::1").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://[::1]").href; })
//=> "http://[::1]/"

thrown(() => { throw new URL("http://[0:0:0:0:0:0:13.1.68.3]/").href; })
//=> "http://[::d01:4403]/"

thrown(() => { throw new URL("http://[::ffff:1.2.3.4]/").href; })
//=> "http://[::ffff:102:304]/"

thrown(() => { throw new URL("http://[2001::1%2]/").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://a@b:c@d/").href; })
//=> "http://a%40b:c@d/"

thrown(() => { throw new URL("file:/foo/bar.txt").href; })
//=> "file:///foo/bar.txt"

thrown(() => { throw new URL("file://///mnt/x").href; })
//=> "file://///mnt/x"

thrown(() => { throw new URL("file:///foo/../../..").href; })
//=> "file:///"

thrown(() => { throw new URL("file:c:\\foo\\bar.html").href; })
//=> "file:///c:/foo/bar.html"

thrown(() => { throw new URL("file:///C").href; })
//=> "file:///C"

thrown(() => { throw new URL("/x").href; })
//=> <TypeError>

thrown(() => { throw new URL("file://localhost/a").href; })
//=> "file:///a"

thrown(() => { throw new URL("http://example.com/././foo").href; })
//=> "http://example.com/foo"

thrown(() => { throw new URL("http://example.com/./.foo").href; })
//=> "http://example.com/.foo"

thrown(() => { throw new URL("http://example.com/foo/.").href; })
//=> "http://example.com/foo/"

thrown(() => { throw new URL("http://example.com/foo/./").href; })
//=> "http://example.com/foo/"

thrown(() => { throw new URL("http://example.com/foo/bar/..").href; })
//=> "http://example.com/foo/"

thrown(() => { throw new URL("http://example.com/foo/bar/../ton").href; })
//=> "http://example.com/foo/ton"

thrown(() => { throw new URL("http://example.com/foo/../../../ton").href; })
//=> "http://example.com/ton"

thrown(() => { throw new URL("http://example.com/foo/%2e").href; })
//=> "http://example.com/foo/"

thrown(() => { throw new URL("http://example.com/foo/%2e%2e/%2e%2e/.%2e/%2e.bar").href; })
//=> "http://example.com/%2e.bar"

thrown(() => { throw new URL("http://example.com////../..").href; })
//=> "http://example.com//"

thrown(() => { throw new URL("http://example.com/foo/bar//../..").href; })
//=> "http://example.com/foo/"

thrown(() => { throw new URL("http://example.com/foo%").href; })
//=> "http://example.com/foo%"

thrown(() => { throw new URL("http://example.com/foo%2zbar").href; })
//=> "http://example.com/foo%2zbar"

thrown(() => { throw new URL("http://example.com/foo%41%7a").href; })
//=> "http://example.com/foo%41%7a"

thrown(() => { throw new URL("http://example.com/foo\t%91").href; })
//=> "http://example.com/foo%91"

thrown(() => { throw new URL("http://example.com/(%28:%3A%29)").href; })
//=> "http://example.com/(%28:%3A%29)"

thrown(() => { throw new URL("http://example.com/%3A%3a%3C%3c").href; })
//=> "http://example.com/%3A%3a%3C%3c"

thrown(() => { throw new URL("http://example.com\\foo\\bar").href; })
//=> "http://example.com/foo/bar"

thrown(() => { throw new URL("http://example.com/\u4f60\u597d").href; })
//=> "http://example.com/%E4%BD%A0%E5%A5%BD"

thrown(() => { throw new URL("http://www.google.com/foo?bar=baz#").href; })
//=> "http://www.google.com/foo?bar=baz#"

thrown(() => { throw new URL("data:test# \u00bb").href; })
//=> "data:test#%20%C2%BB"

thrown(() => { throw new URL("http://www").href; })
//=> "http://www/"

thrown(() => { throw new URL("http://GOO\u200b\u2060\ufeffgoo.com").href; })
//=> "http://googoo.com/"

thrown(() => { throw new URL("http://GOO\u3000goo.com").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://\ufdd0zyx.com").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://\uff27\uff4f.com").href; })
//=> "http://go.com/"

thrown(() => { throw new URL("http://\uff05\uff14\uff11.com").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://%ef%bc%85%ef%bc%94%ef%bc%91.com").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://hello%00").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://192.0x00A80001").href; })
//=> "http://192.168.0.1/"

thrown(() => { throw new URL("http://foo:\u{1f4a9}@example.com/bar").href; })
//=> "http://foo:%F0%9F%92%A9@example.com/bar"

thrown(() => { throw new URL("http://[www.google.com]/").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://[google.com]").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://10.0.0.7:8080/foo.html").href; })
//=> "http://10.0.0.7:8080/foo.html"

thrown(() => { throw new URL("http://a!@$*()=:/;.+'-.html").href; })
//=> "http://a!@$*()=/;.+'-.html"

thrown(() => { throw new URL("javascript:example.com/").href; })
//=> "javascript:example.com/"

thrown(() => { throw new URL("mailto:example.com/").href; })
//=> "mailto:example.com/"

thrown(() => { throw new URL("data:text/html,test#test").href; })
//=> "data:text/html,test#test"

thrown(() => { throw new URL("https://x:x@x:x").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://0.0.0.0x1").href; })
//=> "http://0.0.0.1/"

thrown(() => { throw new URL("http://foo.0x4").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://foo.09").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://09.2.3.4").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://0xffffffff").href; })
//=> "http://255.255.255.255/"

thrown(() => { throw new URL("http://4294967296").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://./").href; })
//=> "http://./"

thrown(() => { throw new URL("http://../").href; })
//=> "http://../"

thrown(() => { throw new URL("http://foo.com./").href; })
//=> "http://foo.com./"

thrown(() => { throw new URL("https://\u00ad/").href; })
//=> <TypeError>

thrown(() => { throw new URL("https://%C2%AD/").href; })
//=> <TypeError>

thrown(() => { throw new URL("https://xn--/").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://a_b.c/").href; })
//=> "http://a_b.c/"

thrown(() => { throw new URL("ws://x:80/").href; })
//=> "ws://x/"

thrown(() => { throw new URL("wss://x:443/y").href; })
//=> "wss://x/y"

thrown(() => { throw new URL("sc://\u00f1/").href; })
//=> "sc://%C3%B1/"

thrown(() => { throw new URL("sc://a/%").href; })
//=> "sc://a/%"

thrown(() => { throw new URL("sc://@/").href; })
//=> <TypeError>

thrown(() => { throw new URL("sc://:12/").href; })
//=> <TypeError>

thrown(() => { throw new URL("sc:\\../").href; })
//=> "sc:\../"

thrown(() => { throw new URL("tftp://a:69/").href; })
//=> "tftp://a:69/"

thrown(() => { throw new URL("urn:isbn:1").href; })
//=> "urn:isbn:1"

thrown(() => { throw new URL("about:blank").href; })
//=> "about:blank"

thrown(() => { throw new URL("http://1e2.com").href; })
//=> "http://1e2.com/"

thrown(() => { throw new URL("http://ab--c.com/").href; })
//=> "http://ab--c.com/"

thrown(() => { throw new URL("http://-a-.com").href; })
//=> "http://-a-.com/"

thrown(() => { throw new URL("http://a-.com").href; })
//=> "http://a-.com/"

thrown(() => { throw new URL("web+demo:/.//not-a-host/").href; })
//=> "web+demo:/.//not-a-host/"

thrown(() => { throw new URL("web+demo:/..//not").href; })
//=> "web+demo:/.//not"

thrown(() => { throw new URL("http://host/?'").href; })
//=> "http://host/?%27"

thrown(() => { throw new URL("notspecial://host/?'").href; })
//=> "notspecial://host/?'"

thrown(() => { throw new URL("http://host/#`").href; })
//=> "http://host/#%60"

thrown(() => { throw new URL("http://ho%20st/").href; })
//=> <TypeError>

thrown(() => { throw new URL("http://ho%7Cst/").href; })
//=> <TypeError>

thrown(() => { throw new URL("blob:https://example.com:443/").href; })
//=> "blob:https://example.com:443/"

thrown(() => { throw new URL("blob:d3958f5c").href; })
//=> "blob:d3958f5c"

thrown(() => { throw new URL("http://h#\u007f").href; })
//=> "http://h/#%7F"

thrown(() => { throw new URL("http://h/\u007f").href; })
//=> "http://h/%7F"

thrown(() => { throw new URL("http://h/a^b").href; })
//=> "http://h/a^b"

thrown(() => { throw new URL("http://h/?^").href; })
//=> "http://h/?^"

thrown(() => { throw new URL("non-spec:/a^b").href; })
//=> "non-spec:/a^b"

[new URL("g:h", "http://a/b/c/d;p?q").href, new URL("g", "http://a/b/c/d;p?q").href, new URL("./g", "http://a/b/c/d;p?q").href]
//=> ["g:h", "http://a/b/c/g", "http://a/b/c/g"]

[new URL("g/", "http://a/b/c/d;p?q").href, new URL("/g", "http://a/b/c/d;p?q").href, new URL("//g", "http://a/b/c/d;p?q").href]
//=> ["http://a/b/c/g/", "http://a/g", "http://g/"]

[new URL("?y", "http://a/b/c/d;p?q").href, new URL("g?y", "http://a/b/c/d;p?q").href, new URL("#s", "http://a/b/c/d;p?q").href]
//=> ["http://a/b/c/d;p?y", "http://a/b/c/g?y", "http://a/b/c/d;p?q#s"]

[new URL("g#s", "http://a/b/c/d;p?q").href, new URL("g?y#s", "http://a/b/c/d;p?q").href, new URL(";x", "http://a/b/c/d;p?q").href]
//=> ["http://a/b/c/g#s", "http://a/b/c/g?y#s", "http://a/b/c/;x"]

[new URL("g;x", "http://a/b/c/d;p?q").href, new URL("g;x?y#s", "http://a/b/c/d;p?q").href, new URL(".", "http://a/b/c/d;p?q").href]
//=> ["http://a/b/c/g;x", "http://a/b/c/g;x?y#s", "http://a/b/c/"]

[new URL("./", "http://a/b/c/d;p?q").href, new URL("..", "http://a/b/c/d;p?q").href, new URL("../", "http://a/b/c/d;p?q").href]
//=> ["http://a/b/c/", "http://a/b/", "http://a/b/"]

[new URL("../g", "http://a/b/c/d;p?q").href, new URL("../..", "http://a/b/c/d;p?q").href, new URL("../../", "http://a/b/c/d;p?q").href]
//=> ["http://a/b/g", "http://a/", "http://a/"]

[new URL("../../g", "http://a/b/c/d;p?q").href, new URL("../../../g", "http://a/b/c/d;p?q").href, new URL("../../../../g", "http://a/b/c/d;p?q").href]
//=> ["http://a/g", "http://a/g", "http://a/g"]

[new URL("/./g", "http://a/b/c/d;p?q").href, new URL("/../g", "http://a/b/c/d;p?q").href, new URL("g.", "http://a/b/c/d;p?q").href]
//=> ["http://a/g", "http://a/g", "http://a/b/c/g."]

[new URL(".g", "http://a/b/c/d;p?q").href, new URL("g..", "http://a/b/c/d;p?q").href, new URL("..g", "http://a/b/c/d;p?q").href]
//=> ["http://a/b/c/.g", "http://a/b/c/g..", "http://a/b/c/..g"]

[new URL("./../g", "http://a/b/c/d;p?q").href, new URL("./g/.", "http://a/b/c/d;p?q").href, new URL("g/./h", "http://a/b/c/d;p?q").href]
//=> ["http://a/b/g", "http://a/b/c/g/", "http://a/b/c/g/h"]

[new URL("g/../h", "http://a/b/c/d;p?q").href, new URL("g;x=1/./y", "http://a/b/c/d;p?q").href, new URL("g;x=1/../y", "http://a/b/c/d;p?q").href]
//=> ["http://a/b/c/h", "http://a/b/c/g;x=1/y", "http://a/b/c/y"]

[new URL("g?y/./x", "http://a/b/c/d;p?q").href, new URL("g?y/../x", "http://a/b/c/d;p?q").href, new URL("g#s/./x", "http://a/b/c/d;p?q").href]
//=> ["http://a/b/c/g?y/./x", "http://a/b/c/g?y/../x", "http://a/b/c/g#s/./x"]

[new URL("g#s/../x", "http://a/b/c/d;p?q").href, new URL("http:g", "http://a/b/c/d;p?q").href, new URL("\\g", "http://a/b/c/d;p?q").href]
//=> ["http://a/b/c/g#s/../x", "http://a/b/c/g", "http://a/g"]

thrown(() => { throw new URL("x", "mailto:a").href; })
//=> <TypeError>

thrown(() => { throw new URL("/y", "data:x").href; })
//=> <TypeError>

thrown(() => { throw new URL("#f", "about:blank").href; })
//=> "about:blank#f"

thrown(() => { throw new URL("../../../x", "file:///C:/a/b").href; })
//=> "file:///C:/x"

thrown(() => { throw new URL("//h/x", "file:///a/b").href; })
//=> "file://h/x"

thrown(() => { throw new URL("/C|/x", "file:///a/b").href; })
//=> "file:///C:/x"

thrown(() => { throw new URL("../../c", "non-spec://h/a/b").href; })
//=> "non-spec://h/c"

thrown(() => { throw new URL("//h", "non-spec:/a/b").href; })
//=> "non-spec://h"

thrown(() => { throw new URL("?", "https://a/b?c").href; })
//=> "https://a/b?"

thrown(() => { throw new URL("", "https://a/b#c").href; })
//=> "https://a/b"

thrown(() => { throw new URL("c", "wss://a/b").href; })
//=> "wss://a/c"
