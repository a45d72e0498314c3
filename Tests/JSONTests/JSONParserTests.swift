import JSON
import Testing

@Suite struct JSONParserTests {
    @Test func `values of every kind survive a round trip`() throws {
        let text = #"{"b":[1,-2.5,true,false,null,"x"],"a":{},"e":[]}"#

        let value = try JSONValue(parsing: text)

        #expect(value.text == text)
    }

    @Test func `integers stay integers up to 64 bits`() throws {
        let value = try JSONValue(parsing: "[9223372036854775807,-9223372036854775808]")

        #expect(value == [.integer(.max), .integer(.min)])
    }

    @Test func `an integer beyond 64 bits becomes a number`() throws {
        #expect(try JSONValue(parsing: "9223372036854775808") == .number(9_223_372_036_854_775_808))
    }

    @Test func `members keep their order`() throws {
        let names = try #require(try JSONValue(parsing: #"{"z":1,"a":2,"m":3}"#).objectValue).names

        #expect(names == ["z", "a", "m"])
    }

    @Test func `escapes and surrogate pairs become characters`() throws {
        let value = try JSONValue(parsing: #""\u00e9\ud83d\ude00\n\"\\\/""#)

        #expect(value == "é😀\n\"\\/")
    }

    @Test(arguments: [
        "", " ", "{", "[1,", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "01", "1.", ".5", "+1", "1e",
        "-", "tru", "nul", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
        "\"\t\"", "1 1", "[1],", "1e999", "NaN", "Infinity", "\u{FEFF}1", "'a'", "{\"a\":1,}",
        "[1,]", "/**/1",
    ])
    func `what RFC 8259 does not allow is refused`(text: String) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }

        #expect(error?.code == .malformed)
    }

    @Test func `a member that occurs twice is refused by name`() {
        let error = #expect(throws: JSONError.self) {
            try JSONValue(parsing: #"{"digest":"a","digest":"b"}"#)
        }

        #expect(error?.code == .duplicateName)
        #expect(error?.message.contains("digest") == true)
    }

    @Test(arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]])
    func `text that is not UTF-8 is refused`(bytes: [UInt8]) {
        let quoted = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]

        #expect(throws: JSONError.self) { try JSONValue(parsing: quoted) }
    }

    @Test func `nesting is accepted up to the limit and refused beyond`() throws {
        let limits = JSONLimits(depthMax: 3)

        #expect(throws: Never.self) { try JSONValue(parsing: "[[[1]]]", limits: limits) }
        let error = #expect(throws: JSONError.self) {
            try JSONValue(parsing: "[[[[1]]]]", limits: limits)
        }
        #expect(error?.code == .limitExceeded)
    }

    @Test func `the number of values is limited`() throws {
        let limits = JSONLimits(valueCountMax: 4)

        #expect(throws: Never.self) { try JSONValue(parsing: "[1,2,3]", limits: limits) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: "[1,2,3,4]", limits: limits) }
    }

    @Test func `cutting a text anywhere never traps`() {
        let text = Array(#"{"a":[1.5e-3,"\ud83d\ude00",{"b":null}]}"#.utf8)

        let accepted = (0..<text.count).filter { length in
            (try? JSONValue(parsing: Array(text.prefix(length)))) != nil
        }

        #expect(accepted.isEmpty)
    }
}

@Suite struct JSONObjectTests {
    @Test func `members are found in large and small objects`() {
        var object = JSONObject()
        for index in 0..<100 { object["member\(index)"] = JSONValue(index) }

        object["member50"] = nil
        object["member99"] = "last"

        #expect(object.count == 99)
        #expect(object["member50"] == nil)
        #expect(object["member51"] == 51)
        #expect(object["member99"] == "last")
        #expect(object.names.last == "member99")
    }

    @Test func `objects with the same members in another order differ`() {
        #expect(JSONObject([("a", 1), ("b", 2)]) != JSONObject([("b", 2), ("a", 1)]))
    }
}

@Suite struct JSONWriterTests {
    @Test func `a whole number is written without a fraction`() {
        #expect(JSONValue.number(3).text == "3")
        #expect(JSONValue.number(0.1).text == "0.1")
    }

    @Test func `control characters are escaped`() {
        #expect(JSONValue.string("a\u{0}\u{1F}\n\"\\").text == #""a\u0000\u001f\n\"\\""#)
    }

    @Test func `a value that is no number is written as null`() {
        #expect(JSONValue(Double.nan).text == "null")
        #expect(JSONValue(Double.infinity).text == "null")
    }

    @Test func `the readable form parses back to the same value`() throws {
        let value: JSONValue = ["a": [1, ["b": []]], "c": [:]]

        #expect(try JSONValue(parsing: value.encodedForReading()) == value)
    }
}
