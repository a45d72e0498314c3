import JSON
import Testing
import WireFormats

@Suite struct CSVAnswerTests {
    private static func encode(_ rows: [JSONObject]) -> String {
        String(decoding: CSVAnswer.encode(rows), as: UTF8.self)
    }

    @Test func `the header has the attributes of all rows in the order of their occurrence`() {
        let text = Self.encode([["id": 1, "b": 2], ["a": 3, "id": 4]])

        #expect(text == "\"id\",\"b\",\"a\"\n1,2,\n4,,3\n")
    }

    @Test func `text stands in quotes and its quotes are doubled`() {
        let text = Self.encode([["a\"b": "c\"d,e\nf"]])

        #expect(text == "\"a\"\"b\"\n\"c\"\"d,e\nf\"\n")
    }

    @Test func `null is empty and an empty text is not`() {
        #expect(Self.encode([["a": nil, "b": ""]]) == "\"a\",\"b\"\n,\"\"\n")
    }

    @Test func `numbers and truth values stand bare`() {
        let row: JSONObject = ["a": -1, "b": 1.5, "c": true]

        #expect(Self.encode([row]) == "\"a\",\"b\",\"c\"\n-1,1.5,true\n")
    }

    @Test func `what is nested is JSON text`() {
        let row: JSONObject = ["a": ["b": "c"], "d": [1, nil]]

        #expect(Self.encode([row]) == "\"a\",\"d\"\n\"{\"\"b\"\":\"\"c\"\"}\",\"[1,null]\"\n")
    }

    @Test func `no rows are no text`() {
        #expect(Self.encode([]) == "")
    }
}
