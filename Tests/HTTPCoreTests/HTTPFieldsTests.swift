import HTTPCore
import Testing

@Suite struct HTTPFieldsTests {
    @Test(arguments: [
        ([], "Origin"), (["Accept"], "Accept, Origin"), (["Accept, origin"], "Accept, origin"),
        (["Accept", "Accept-Encoding"], "Accept, Accept-Encoding, Origin"),
    ])
    func `a member joins the others of its list once`(present: [String], expected: String) {
        var fields = HTTPFields()
        for value in present { fields.append("Vary", value) }

        fields.add("Origin", toList: "vary")

        #expect(fields.values(of: "Vary") == [expected])
    }

    @Test(arguments: [
        ("application/json", "application/json"), ("Text/PLAIN; charset=utf-8", "text/plain"),
        (" text/csv ;q", "text/csv"), (";", ""), ("", ""),
    ])
    func `a media type has no parameters and no capitals`(field: String, type: String) {
        #expect(HTTPFields(dictionaryLiteral: ("Content-Type", field)).mediaType == type)
    }

    @Test func `without a Content-Type there is no media type`() {
        #expect(HTTPFields().mediaType == nil)
        #expect(HTTPFields().joined("Accept") == nil)
    }

    @Test func `an error answers in the form that it was given`() {
        var error = HTTPError(.badRequest, "no", fields: ["Vary": "Accept"])
        error.body = [0xA0]
        error.bodyType = "application/cbor"

        let response = error.response

        #expect(response.fields.values(of: "Content-Type") == ["application/cbor"])
        #expect(response.fields["Vary"] == "Accept")
        #expect(response.status == .badRequest)
    }
}
