import HTTPCore
import Testing

@Suite struct HTTPAcceptTests {
    private static let types = [
        "application/json", "application/cbor", "application/x-msgpack", "text/csv",
    ]

    @Test(arguments: [
        (nil, "application/json"), ("", "application/json"), ("*/*", "application/json"),
        ("application/cbor", "application/cbor"), ("APPLICATION/CBOR", "application/cbor"),
        ("application/*", "application/json"), ("text/*", "text/csv"),
        ("text/csv;q=0.5, application/cbor;q=0.8", "application/cbor"),
        ("application/json;q=0.1, */*", "application/cbor"),
        ("application/json;q=0, */*;q=0.1", "application/cbor"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "application/json"),
        ("text/csv;header=present", "text/csv"),
        (#"text/html;x="a, text/csv", application/cbor;q=0.1"#, "application/cbor"),
        ("text/csv ; Q=0.001 , application/cbor;q=0.002", "application/cbor"),
        ("text/csv;q=1.000", "text/csv"), (",,text/csv,", "text/csv"),
    ])
    func `the type is taken that the client likes best`(field: String?, type: String) {
        #expect(HTTPAccept.preferred(among: Self.types, in: field) == type)
    }

    @Test(arguments: [
        "image/png", "application/json;q=0", "*/*;q=0.000", "text/csv;q=2", "text/csv;q=0.5x",
        "text/csv;q=1.001", "text/csv;q=0.0001", "text/csv;q=", "text/csv;q=-1", "text/csv;q=.5",
    ])
    func `a client that accepts nothing of it gets nothing of it`(field: String) {
        // A member that is malformed wishes for nothing; another stands beside it.
        let type = HTTPAccept.preferred(among: Self.types, in: field + ", image/png")

        #expect(type == nil)
    }

    @Test(arguments: [
        (nil, false), ("", false), ("gzip", true), ("GZIP", true), ("x-gzip", true),
        ("br, gzip;q=0.1", true), ("gzip;q=0", false), ("gzip;q=0.000, *", false), ("*", true),
        ("*;q=0", false), ("identity", false), ("br", false), ("gzipped", false),
        ("deflate, gzip;q=1.0, *;q=0.5", true), ("*;q=0, gzip", true),
    ])
    func `gzip is allowed where the client says so`(field: String?, isAllowed: Bool) {
        #expect(HTTPAccept.allowsGzip(field) == isAllowed)
    }

    @Test(arguments: [",", ";", "\"", "\\", "a/b,", "a;q=", "\"\\", "q=0;"])
    func `a long field that means nothing is looked at once`(piece: String) {
        let field = String(repeating: piece, count: 100_000)

        #expect(HTTPAccept.preferred(among: ["text/csv"], in: field + ",image/png") != "image/png")
        #expect(!HTTPAccept.allowsGzip(field))
    }

    @Test func `members beyond the limit are not looked at`() {
        let others = String(repeating: "a/b,", count: 63)

        #expect(HTTPAccept.preferred(among: ["text/csv"], in: others + "text/csv") == "text/csv")
        #expect(HTTPAccept.preferred(among: ["text/csv"], in: others + "a/b,text/csv") == nil)
    }
}
