import BundleFormat
import FunctionRuntime
import Identifiers
import JSON

/// What a client asks: the items it likes, and how many it wants in return.
struct Question {
    /// As they came, one list of spellings for each item.
    private let keys: [(written: JSONValue, spellings: [String])]
    let limit: Int

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
            return (written, spellings)
        }
        limit = try Self.limit(value["limit"])
    }

    private static func limit(_ value: JSONValue?) throws(FunctionError) -> Int {
        guard let value else { return RecommenderLimits.rankedItemsDefault }
        guard let limit = value.integerValue,
            (1...RecommenderLimits.rankedItemsMax).contains(limit)
        else {
            throw FunctionError(
                .badRequest,
                "\"limit\" must be a whole number from 1 to \(RecommenderLimits.rankedItemsMax)")
        }
        return limit
    }

    /// The items in the model's indices.
    ///
    /// - Throws: `.badRequest` that names the first key which the catalogue does not know.
    func items(
        in catalogue: Catalogue, _ description: RecommenderDescription
    ) throws(FunctionError) -> [ItemIndex] {
        do throws(BundleError) {
            return try keys.map { key throws(BundleError) in
                guard let index = try catalogue.index(ofFirst: key.spellings) else {
                    throw BundleError(.inconsistent, Self.shown(key.written))
                }
                return ItemIndex(index)
            }
        } catch {
            guard error.code == .inconsistent else {
                throw FunctionError(.modelUnavailable, error.message, cause: error)
            }
            throw FunctionError(
                .badRequest,
                "the model knows no \(description.itemNoun) with the \(description.keyNoun) "
                    + error.message)
        }
    }

    private static let shownBytesMax = 64

    private static func shown(_ value: JSONValue) -> String {
        String(decoding: value.encoded().prefix(shownBytesMax), as: UTF8.self)
    }
}
