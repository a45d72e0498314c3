import JSON
import Testing

@testable import Recommendation

/// A recommender of plain keys, to ask questions of.
private let description = RecommenderDescription(
    project: "p", modelName: "m", database: "d", itemNoun: "book", keyNoun: "ISBN",
    searchRoute: "books", inputField: "isbns",
    spellings: { value in value.stringValue.map { [$0] } }, record: { _ in [:] },
    reason: { _ in [:] }, logRow: { _, _ in [:] }, tables: [], page: [])

@Suite struct QuestionTests {
    private func refusal(_ body: JSONValue) -> String? {
        do {
            _ = try Question(parsing: body.encoded(), description)
            return nil
        } catch {
            return error.message
        }
    }

    private func items(_ count: Int) -> JSONValue {
        .array((0..<count).map { .string("\($0)") })
    }

    @Test func `three to fifty items are a question`() {
        #expect(refusal(["isbns": items(2)])?.contains("too few") == true)
        #expect(refusal(["isbns": items(3)]) == nil)
        #expect(refusal(["isbns": items(50)]) == nil)
        #expect(refusal(["isbns": items(51)])?.contains("50") == true)
    }

    @Test func `a limit of one to a hundred may be said`() throws {
        let question = try Question(
            parsing: JSONValue.object(["isbns": items(3)]).encoded(), description)

        #expect(question.limit == 10)
        for limit in [1, 100] {
            #expect(refusal(["isbns": items(3), "limit": .init(limit)]) == nil)
        }
        for limit in [0, 101] as [JSONValue] + ["ten", 1.5] {
            #expect(refusal(["isbns": items(3), "limit": limit])?.contains("100") == true)
        }
    }

    @Test func `what is no key is named with its place`() {
        let message = refusal(["isbns": ["a", false, "c"]])

        #expect(message?.contains("isbns[1] is false") == true)
    }

    @Test func `a body nested too deep is refused`() {
        let deep = (0..<20).reduce(JSONValue.null) { value, _ in [value] }

        #expect(refusal(["isbns": deep])?.contains("nested") == true)
    }
}
