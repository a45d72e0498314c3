import HTTPCore
import Testing

@Suite struct HTTPURLTests {
    @Test(arguments: [
        ("http://a", "http://a", "a", 80, "/"), ("HTTP://a/b?c=d", "http://a", "a", 80, "/b?c=d"),
        ("http://a?c", "http://a", "a", 80, "/?c"),
        ("https://a:8443/x", "https://a:8443", "a", 8443, "/x"),
        ("http://127.0.0.1:9926/", "http://127.0.0.1:9926", "127.0.0.1", 9926, "/"),
        ("http://[::1]:81/", "http://[::1]:81", "::1", 81, "/"),
        ("http://[::1]", "http://[::1]", "::1", 80, "/"),
        ("http://a:80/", "http://a", "a", 80, "/"),
    ])
    func `an address is taken apart`(
        text: String, origin: String, host: String, port: Int, target: String
    ) throws {
        let url = try HTTPURL(text)

        #expect(url.origin == origin)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.target == target)
    }

    @Test(arguments: [
        "", "a", "/a", "ftp://a/", "file:///etc/passwd", "http://", "http:///a", "http://u@a/",
        "http://u:p@a/", "http://a:0/", "http://a:65536/", "http://a:b/", "http://a/ b",
        "http://a/\r\nX: y", "http://a/#b", "http://a\r\n/", "http://[::1/", "http://é/",
    ])
    func `what is no http address is refused`(text: String) {
        #expect(throws: HTTPError.self) { try HTTPURL(text) }
    }

    @Test func `a request is written with its length and its host`() throws {
        let bytes = try HTTPRequestEncoder.head(
            method: .post, url: HTTPURL("http://a:81/b?c"),
            fields: ["Accept": "*/*", "Host": "evil", "Content-Length": "7"], bodyBytes: 3)

        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "POST /b?c HTTP/1.1\r\nHost: a:81\r\nAccept: */*\r\nContent-Length: 3\r\n\r\n")
    }

    @Test(arguments: ["b\r\nHost: evil", "b\n", "b\0"])
    func `a request field cannot become two`(value: String) throws {
        let url = try HTTPURL("http://a")

        #expect(throws: HTTPError.self) {
            try HTTPRequestEncoder.head(
                method: .get, url: url, fields: ["A": value], bodyBytes: 0)
        }
    }

    @Test(arguments: [("a b", "a%20b"), ("a/b", "a%2Fb"), ("ä", "%C3%A4"), ("A-z_0.~", "A-z_0.~")])
    func `a segment is escaped`(text: String, escaped: String) {
        #expect(HTTPPercent.encode(text) == escaped)
    }
}
