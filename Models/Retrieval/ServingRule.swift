import JSON

/// How a two-tower model turns liked items into recommended ones.
package enum ServingRule: Sendable, Hashable {
    /// The best rated books of the one nearest reader, as HarperDB's recommenders answer.
    case nearestReader
    /// Many near readers vote with their items.
    case readerVote(ReaderVote)
    /// What most readers chose: the baseline that every model must beat.
    case popularity
}

/// The settings of a vote; which values serve is decided on validation readers.
package struct ReaderVote: Sendable, Hashable {
    /// How many of the nearest readers vote.
    package var readers: Int
    /// What the tower's cosine counts beside shared items, 0 or more.
    package var towerWeight: Float
    /// How much less a shared item counts the more readers have it: its count to minus this power.
    package var rarity: Float
    /// How much less a recommendation counts the more readers have it, likewise.
    package var damping: Float
    /// How strongly the nearest readers outweigh the others: the power of their similarity.
    package var sharpness: Float

    package init(
        readers: Int = 200, towerWeight: Float = 0.1, rarity: Float = 0.3, damping: Float = 0.2,
        sharpness: Float = 1
    ) {
        self.readers = readers
        self.towerWeight = towerWeight
        self.rarity = rarity
        self.damping = damping
        self.sharpness = sharpness
    }

    /// Bounds a hostile manifest's work for each request.
    static let readersMax = 10_000
    static let powerMax = 10.0
}

extension ServingRule {
    /// The name that recipes, manifests and reports use.
    package var name: String {
        switch self {
        case .nearestReader: "nearest-reader"
        case .readerVote: "reader-vote"
        case .popularity: "popularity"
        }
    }

    /// The rule as the manifest carries it.
    package var json: JSONObject {
        switch self {
        case .nearestReader, .popularity: ["rule": .string(name)]
        case .readerVote(let vote):
            [
                "rule": .string(name), "readers": JSONValue(vote.readers),
                "tower_weight": JSONValue(Double(vote.towerWeight)),
                "rarity": JSONValue(Double(vote.rarity)),
                "damping": JSONValue(Double(vote.damping)),
                "sharpness": JSONValue(Double(vote.sharpness)),
            ]
        }
    }

    /// Reads a rule from a manifest or a recipe.
    ///
    /// - Throws: `.unknownRule` for an unknown name or a setting out of bounds.
    package init(_ json: JSONObject) throws(RetrievalError) {
        switch json["rule"]?.stringValue {
        case "nearest-reader": self = .nearestReader
        case "popularity": self = .popularity
        case "reader-vote":
            guard let readers = json["readers"]?.integerValue,
                (1...ReaderVote.readersMax).contains(readers)
            else {
                throw RetrievalError(
                    .unknownRule, "\"readers\" must be from 1 to \(ReaderVote.readersMax)")
            }
            self = .readerVote(
                ReaderVote(
                    readers: readers, towerWeight: try Self.power("tower_weight", json),
                    rarity: try Self.power("rarity", json),
                    damping: try Self.power("damping", json),
                    sharpness: try Self.power("sharpness", json)))
        default:
            throw RetrievalError(
                .unknownRule, "a serving rule is nearest-reader, reader-vote or popularity")
        }
    }

    private static func power(_ name: String, _ json: JSONObject) throws(RetrievalError) -> Float {
        guard let value = json[name]?.doubleValue, (0...ReaderVote.powerMax).contains(value) else {
            throw RetrievalError(
                .unknownRule, "\"\(name)\" must be a number from 0 to \(ReaderVote.powerMax)")
        }
        return Float(value)
    }
}
