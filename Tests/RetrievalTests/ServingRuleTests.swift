import JSON
import Retrieval
import Testing

@Suite struct ServingRuleTests {
    @Test(arguments: [
        ServingRule.nearestReader, .popularity, .readerVote(ReaderVote()),
        .readerVote(
            ReaderVote(
                readers: 10_000, towerWeight: 0, unrated: 0, rarity: 10, activity: 0.3,
                damping: 0.1, sharpness: 1.25)),
    ])
    func `a rule that was written is read back as it was`(rule: ServingRule) throws {
        #expect(try ServingRule(rule.json) == rule)
    }

    @Test func `a setting is written with the digits that people gave`() {
        let json = ServingRule.readerVote(ReaderVote(rarity: 0.1)).json

        #expect(json["rarity"] == .number(0.1))
    }

    private static func vote(_ name: String, _ value: JSONValue?) -> JSONObject {
        var json = ServingRule.readerVote(ReaderVote()).json
        json[name] = value
        return json
    }

    @Test(arguments: [
        vote("readers", 1), vote("readers", 10_000), vote("damping", 0), vote("damping", 10),
    ])
    func `the bounds of a setting are accepted`(json: JSONObject) throws {
        #expect(try ServingRule(json).name == "reader-vote")
    }

    @Test(arguments: [
        vote("readers", 0), vote("readers", 10_001), vote("readers", 1.5), vote("readers", nil),
        vote("damping", -0.1), vote("damping", 10.1), vote("sharpness", "1"),
        vote("unrated", nil), vote("colour", 1), vote("rule", "oracle"), [:],
        ["rule": "nearest-reader", "readers": 5],
    ])
    func `a rule that is not known to the letter is refused`(json: JSONObject) {
        let error = #expect(throws: RetrievalError.self) { try ServingRule(json) }

        #expect(error?.code == .unknownRule)
    }
}
