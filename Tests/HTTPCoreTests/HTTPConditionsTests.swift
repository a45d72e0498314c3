import HTTPCore
import Testing

@Suite struct HTTPConditionsTests {
    private static let tag = "\"abc\""

    private static func select(_ fields: HTTPFields, method: HTTPMethod = .get) -> HTTPConditions {
        let request = HTTPRequest(method: method, path: "/", fields: fields)
        return HTTPConditions(request, entityTag: tag, bytes: 100)
    }

    @Test(
        arguments: [
            ("bytes=0-0", .part(0..<1)), ("bytes=0-99", .part(0..<100)),
            ("bytes=0-100", .part(0..<100)),
            ("bytes=99-", .part(99..<100)), ("bytes=100-", .unsatisfiable),
            ("bytes=-1", .part(99..<100)), ("bytes=-100", .part(0..<100)),
            ("bytes=-101", .part(0..<100)), ("bytes=-0", .unsatisfiable),
            ("bytes=5-4", .whole), ("bytes=", .whole), ("bytes=-", .whole), ("bytes=a-b", .whole),
            ("bytes=+1-2", .whole), ("items=0-1", .whole), ("bytes 0-1", .whole),
            ("bytes=0-1,5-6", .whole), ("BYTES=1-2", .part(1..<3)),
            ("bytes=0-99999999999999999999", .part(0..<100)),
            ("bytes=99999999999999999999-", .unsatisfiable),
            ("bytes=-99999999999999999999", .part(0..<100)),
            ("bytes=1-9223372036854775807", .part(1..<100)),
        ] as [(String, HTTPConditions)])
    func `one range is served, what is not understood is ignored`(
        range: String, expected: HTTPConditions
    ) {
        #expect(Self.select(["Range": range]) == expected)
    }

    @Test(
        arguments: [
            (["If-None-Match": "\"abc\""], .notModified),
            (["If-None-Match": "W/\"abc\""], .notModified),
            (["If-None-Match": "\"x\", \"abc\""], .notModified),
            (["If-None-Match": "*"], .notModified),
            (["If-None-Match": "\"x\""], .whole), (["If-Match": "\"abc\""], .whole),
            (["If-Match": "*"], .whole), (["If-Match": "\"x\""], .preconditionFailed),
            (["If-Match": "W/\"abc\""], .preconditionFailed),
            (["If-None-Match": "\"abc\"", "Range": "bytes=0-1"], .notModified),
            (["If-Range": "\"abc\"", "Range": "bytes=0-1"], .part(0..<2)),
            (["If-Range": "\"x\"", "Range": "bytes=0-1"], .whole),
            (["If-Range": "W/\"abc\"", "Range": "bytes=0-1"], .whole),
            (["If-Range": "\"x\"", "Range": "bytes=100-"], .whole),
        ] as [(HTTPFields, HTTPConditions)])
    func `conditions are weighed before the range`(fields: HTTPFields, expected: HTTPConditions) {
        #expect(Self.select(fields) == expected)
    }

    @Test func `a range counts for GET only`() {
        #expect(Self.select(["Range": "bytes=0-1"], method: .head) == .whole)
    }

    @Test func `a writing method that finds the tag fails`() {
        #expect(Self.select(["If-None-Match": "*"], method: .put) == .preconditionFailed)
    }

    @Test func `an empty file has no range`() {
        #expect(HTTPByteRange("bytes=0-")?.resolved(in: 0) == nil)
        #expect(HTTPByteRange("bytes=-1")?.resolved(in: 0) == nil)
    }

    @Test func `a part says where it lies`() {
        let file = HTTPStaticFile(path: "/f", bytes: 100, entityTag: Self.tag)
        let request = HTTPRequest(method: .get, path: "/", fields: ["Range": "bytes=10-19"])

        let response = file.response(to: request)

        #expect(response.status == .partialContent)
        #expect(response.fields["Content-Range"] == "bytes 10-19/100")
        #expect(response.fields["ETag"] == Self.tag)
    }

    @Test func `416 says how much there is`() {
        let file = HTTPStaticFile(path: "/f", bytes: 100, entityTag: Self.tag)
        let request = HTTPRequest(method: .get, path: "/", fields: ["Range": "bytes=100-"])

        let response = file.response(to: request)

        #expect(response.status == .rangeNotSatisfiable)
        #expect(response.fields["Content-Range"] == "bytes */100")
    }
}
