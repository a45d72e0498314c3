import Testing

/// Requests that must not reach a handler, each with the status that it deserves.
enum RefusedRequests {
    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let status: Int
        let text: String

        init(_ name: String, _ status: Int, _ text: String) {
            self.name = name
            self.status = status
            self.text = text
        }

        var testDescription: String { name }
    }

    static let all = framing + chunks + lines + fields + hosts + targets + versions

    private static let post = "POST / HTTP/1.1"

    private static let framing: [Attack] = [
        Attack(
            "Content-Length and Transfer-Encoding", 400,
            head("Content-Length: 3", "Transfer-Encoding: chunked", line: post) + "0\r\n\r\n"),
        Attack(
            "Transfer-Encoding and Content-Length", 400,
            head("Transfer-Encoding: chunked", "Content-Length: 3", line: post) + "0\r\n\r\n"),
        Attack(
            "two differing lengths", 400,
            head("Content-Length: 3", "Content-Length: 4", line: post) + "abcd"),
        Attack(
            "two equal lengths", 400,
            head("Content-Length: 3", "content-length: 3", line: post) + "abc"),
        Attack("a list of lengths", 400, head("Content-Length: 3, 3", line: post) + "abc"),
        Attack("a length with a plus", 400, head("Content-Length: +3", line: post) + "abc"),
        Attack("a length with a minus", 400, head("Content-Length: -3", line: post) + "abc"),
        Attack("a length with a blank", 400, head("Content-Length: 1 2", line: post) + "abc"),
        Attack("a hexadecimal length", 400, head("Content-Length: 0x3", line: post) + "abc"),
        Attack("an empty length", 400, head("Content-Length:", line: post)),
        Attack(
            "a length that overflows", 400,
            head("Content-Length: 9223372036854775808", line: post)),
        Attack(
            "a length of 40 digits", 400,
            head("Content-Length: " + String(repeating: "9", count: 40), line: post)),
        Attack(
            "the largest length", 413, head("Content-Length: 9223372036854775807", line: post)),
        Attack("an unknown coding", 501, head("Transfer-Encoding: gzip", line: post)),
        Attack("gzip below chunked", 501, head("Transfer-Encoding: gzip, chunked", line: post)),
        Attack("chunked below gzip", 400, head("Transfer-Encoding: chunked, gzip", line: post)),
        Attack("chunked twice", 400, head("Transfer-Encoding: chunked, chunked", line: post)),
        Attack(
            "chunked in two fields", 400,
            head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", line: post)),
        Attack("no coding", 400, head("Transfer-Encoding:", line: post)),
        Attack("an empty coding", 400, head("Transfer-Encoding: ,chunked", line: post)),
        Attack("a coding in quotes", 501, head("Transfer-Encoding: \"chunked\"", line: post)),
        Attack("a coding with a tail", 501, head("Transfer-Encoding: xchunked", line: post)),
        Attack(
            "chunked in HTTP/1.0", 400,
            head("Transfer-Encoding: chunked", line: "POST / HTTP/1.0") + "0\r\n\r\n"),
        Attack("an unknown expectation", 417, head("Expect: 200-ok", line: post)),
    ]

    private static let chunks: [Attack] = [
        Attack("a chunk size that overflows", 400, chunked("ffffffffffffffff\r\n")),
        Attack("a chunk size of 17 digits", 400, chunked("00000000000000001\r\na\r\n")),
        Attack("the largest chunk size", 413, chunked("7fffffffffffffff\r\n")),
        Attack("a chunk size with a minus", 400, chunked("-1\r\na\r\n")),
        Attack("a chunk size with a plus", 400, chunked("+1\r\na\r\n")),
        Attack("a chunk size with 0x", 400, chunked("0x1\r\na\r\n")),
        Attack("a chunk size behind a blank", 400, chunked(" 1\r\na\r\n")),
        Attack("no chunk size", 400, chunked("\r\n")),
        Attack("an extension without a size", 400, chunked(";a=b\r\n")),
        Attack("words behind a chunk size", 400, chunked("1 a\r\na\r\n")),
        Attack("a bare LF behind a size", 400, chunked("1\na\r\n")),
        Attack("a bare LF in an extension", 400, chunked("1;a\nb\r\na\r\n")),
        Attack("a bare CR in an extension", 400, chunked("1;a\rb\r\na\r\n")),
        Attack("a NUL in an extension", 400, chunked("1;a\0b\r\na\r\n")),
        Attack("a chunk longer than its size", 400, chunked("1\r\nab\r\n")),
        Attack("a chunk ended by a bare LF", 400, chunked("1\r\na\n0\r\n\r\n")),
        Attack(
            "1 MiB of extension", 400,
            chunked("1;" + String(repeating: "x", count: 1_048_576) + "\r\na\r\n")),
        Attack("a trailer without a colon", 400, chunked("0\r\nnonsense\r\n\r\n")),
        Attack("a folded trailer", 400, chunked("0\r\nA: b\r\n c\r\n\r\n")),
        Attack(
            "an endless trailer", 431,
            chunked("0\r\nA: " + String(repeating: "x", count: 5_000))),
    ]

    private static let lines: [Attack] = [
        Attack("bare LF everywhere", 400, "GET / HTTP/1.1\nHost: a\n\n"),
        Attack("a bare LF in the header", 400, "GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n"),
        Attack("bare CR everywhere", 400, "GET / HTTP/1.1\rHost: a\r\r"),
        Attack("a bare CR in a value", 400, head("A: b\rc")),
        Attack("a CR before CR LF", 400, head("A: b\r")),
        Attack("two empty lines before", 400, "\r\n\r\n" + head()),
        Attack("a TLS greeting", 400, "\u{16}\u{3}\u{1}"),
        Attack("a blank before the method", 400, " " + head()),
        Attack("two spaces", 400, head(line: "GET  / HTTP/1.1")),
        Attack("a tab for a space", 400, head(line: "GET\t/ HTTP/1.1")),
        Attack("a space behind the version", 400, head(line: "GET / HTTP/1.1 ")),
        Attack("a method that is no token", 400, head(line: "G(T / HTTP/1.1")),
        Attack("a tunnel", 501, head(line: "CONNECT a:80 HTTP/1.1")),
    ]

    private static let fields: [Attack] = [
        Attack("a folded line", 400, head("A: b\r\n c")),
        Attack("a line folded by a tab", 400, head("A: b\r\n\tc")),
        Attack("a blank before the first field", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        Attack("a space before the colon", 400, head("A : b")),
        Attack("a tab before the colon", 400, head("A\t: b")),
        Attack("a field without a name", 400, head(": b")),
        Attack("a field without a colon", 400, head("nonsense")),
        Attack("a name with a NUL", 400, head("A\0B: c")),
        Attack("a name with a parenthesis", 400, head("A(: c")),
        Attack("a name that is not ASCII", 400, head("\u{E9}: c")),
        Attack("a NUL in a value", 400, head("A: b\0c")),
        Attack("a bell in a value", 400, head("A: b\u{7}c")),
        Attack("a DEL in a value", 400, head("A: b\u{7F}c")),
        Attack("a header without an end", 431, head("A: " + String(repeating: "x", count: 20_000))),
        Attack(
            "101 fields", 431,
            head(Array(repeating: "A: b", count: 100).joined(separator: "\r\n"))),
    ]

    private static let hosts: [Attack] =
        [
            Attack("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
            Attack("two Hosts", 400, head("Host: b")),
            Attack("two equal Hosts", 400, head("host: a")),
            Attack("two Hosts in HTTP/1.0", 400, head("Host: b", line: "GET / HTTP/1.0")),
        ]
        + [
            "", " ", "a b", "a/b", "a@b", "a,b?", "a:b", "a:65536", "a:80:80", "a:-1", "[::1",
            "[a]",
            "[::1]x", "[::1]:x", "\"a\"", "a\\b", "a%0", "a%zz", "<a>", "\u{E9}",
        ].map { Attack("Host \($0)", 400, "GET / HTTP/1.1\r\nHost: \($0)\r\n\r\n") }

    private static let targets: [Attack] =
        [
            "x", "*", "//a b", "/a\"b", "/a<b", "/a#b", "/a\\b", "/\u{E9}", "/a\u{7F}", "/%", "/%4",
            "/%zz", "/%00", "/a?b=%00", "/a?%", "/%ff", "/a?b=%c3%28", "/../etc", "/a/..", "/a/./b",
            "/%2e%2e/etc", "/a/%2E", "ftp://a/", "http://", "http:///x", "http://u@a/",
            "http://a b/",
            "http:/a", "a:80",
        ].map { Attack("target \($0)", 400, head(line: "GET \($0) HTTP/1.1")) } + [
            Attack(
                "65 segments", 414,
                head(line: "GET " + String(repeating: "/a", count: 65) + " HTTP/1.1")),
            Attack(
                "257 query names", 414,
                head(line: "GET /?" + String(repeating: "a&", count: 257) + " HTTP/1.1")),
            Attack(
                "a request line without an end", 414, "GET /" + String(repeating: "a", count: 9_000)
            ),
        ]

    private static let versions: [Attack] =
        ["HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "HTTP/3.1", "HTTP/9.9"].map {
            Attack("version \($0)", 505, head(line: "GET / \($0)"))
        }
        + ["HTTP/1", "HTTP/1.", "HTTP/1.10", "HTTP/a.1", "http/1.1", "HTTP1.1", "XTTP/1.1", ""].map
    {
        Attack("version \($0)", 400, head(line: "GET / \($0)"))
    } + [Attack("the HTTP/2 preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
}
