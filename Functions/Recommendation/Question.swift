import BundleFormat
import FunctionRuntime
import Identifiers
import JSON

/// What a client asks: the items it likes, and how many it wants in return.
struct Question {
    /// One liked item, as it was written and as the catalogue may know it.
    struct Key {
        let written: JSONValue
        /// Most likely first.
        let spellings: [String]

        /// What was written, if it is a text: a number may be written in many ways.
        var text: String? { written.stringValue }
    }

    let keys: [Key]
    let limit: Int
    /// Volumes of one series in the answer.
    let seriesMax: Int
    /// How much less an item counts the more readers have it: its count to minus this power.
    let surprise: Float

    private static let depthMax = 8
    private static let valuesMax = 1_000

    /// - Throws: `.badRequest` with a sentence that says what to send instead.
    init(parsing body: [UInt8], _ description: RecommenderDescription) throws(FunctionError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(
                parsing: body,
                limits: JSONLimits(depthMax: Self.depthMax, valueCountMax: Self.valuesMax))
        } catch {
            throw FunctionError(.badRequest, "the body is not JSON: \(error.message)", cause: error)
        }
        let field = description.inputField
        guard let list = value[field]?.arrayValue else {
            throw FunctionError(
                .badRequest,
                "send {\"\(field)\": [three \(description.keyNoun)s of \(description.itemNoun)s "
                    + "you like]}")
        }
        guard list.count >= RecommenderLimits.likedItemsMin else {
            throw FunctionError(
                .badRequest,
                "\(list.count) \(description.itemNoun)s are too few: choose at least "
                    + "\(RecommenderLimits.likedItemsMin)")
        }
        guard list.count <= RecommenderLimits.likedItemsMax else {
            throw FunctionError(
                .badRequest,
                "\(list.count) \(description.itemNoun)s are too many, the limit is "
                    + "\(RecommenderLimits.likedItemsMax)")
        }
        keys = try list.enumerated().map { place, written throws(FunctionError) in
            guard let spellings = description.spellings(written), !spellings.isEmpty else {
                throw FunctionError(
                    .badRequest,
                    "\(field)[\(place)] is \(Self.shown(written)), not a \(description.keyNoun); "
                        + "choose a \(description.itemNoun) first")
            }
            return Key(written: written, spellings: spellings)
        }
        limit = try Self.count("limit", in: value, byDefault: RecommenderLimits.rankedItemsDefault)
        seriesMax = try Self.count(
            "series_max", in: value, byDefault: RecommenderLimits.seriesDefault)
        surprise = try Self.surprise(value["surprise"])
    }

    private static func count(
        _ name: String, in value: JSONValue, byDefault: Int
    ) throws(FunctionError) -> Int {
        guard let value = value[name] else { return byDefault }
        guard let count = value.integerValue,
            (1...RecommenderLimits.rankedItemsMax).contains(count)
        else {
            throw FunctionError(
                .badRequest,
                "\"\(name)\" must be a whole number from 1 to \(RecommenderLimits.rankedItemsMax)")
        }
        return count
    }

    private static func surprise(_ value: JSONValue?) throws(FunctionError) -> Float {
        guard let value else { return 0 }
        guard let surprise = value.doubleValue, (0...1).contains(surprise) else {
            throw FunctionError(.badRequest, "\"surprise\" must be a number from 0 to 1")
        }
        return Float(surprise)
    }

    private static let shownBytesMax = 64

    static func shown(_ value: JSONValue) -> String {
        String(decoding: value.encoded().prefix(shownBytesMax), as: UTF8.self)
    }
}
