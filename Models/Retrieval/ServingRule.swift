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
    /// What an item that a reader had but did not rate counts beside a liked one.
    package var unrated: Float
    /// How much less a shared item counts the more readers have it: its count to minus this power.
    package var rarity: Float
    /// How much less a reader counts who has more items: their count to minus this power.
    package var activity: Float
    /// How much less a recommendation counts the more readers have it, likewise.
    package var damping: Float
    /// How strongly the nearest readers outweigh the others: the power of their similarity.
    package var sharpness: Float

    package init(
        readers: Int = 200, towerWeight: Float = 0.001, unrated: Float = 0.5, rarity: Float = 0.25,
        activity: Float = 0.25, damping: Float = 0.15, sharpness: Float = 1
    ) {
        self.readers = readers
        self.towerWeight = towerWeight
        self.unrated = unrated
        self.rarity = rarity
        self.activity = activity
        self.damping = damping
        self.sharpness = sharpness
    }

    /// Bounds a hostile manifest's work for each request.
    static let readersMax = 10_000
    static let settingMax = 10.0
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
        var json: JSONObject = ["rule": .string(name)]
        if case .readerVote(let vote) = self {
            json[Self.readers] = JSONValue(vote.readers)
            for setting in ReaderVote.settings {
                let value = vote[keyPath: setting.path]
                // The shortest digits that mean this float: 0.1, not 0.10000000149.
                json[setting.name] = JSONValue(Double(value.description) ?? Double(value))
            }
        }
        return json
    }

    /// Reads a rule from a manifest or a recipe.
    ///
    /// - Throws: `.unknownRule` for an unknown name, or a setting that is missing, unknown or out
    ///   of bounds.
    package init(_ json: JSONObject) throws(RetrievalError) {
        switch json["rule"]?.stringValue {
        case "nearest-reader": self = .nearestReader
        case "popularity": self = .popularity
        case "reader-vote": self = .readerVote(try ReaderVote(json))
        default:
            throw RetrievalError(
                .unknownRule, "a serving rule is nearest-reader, reader-vote or popularity")
        }
        guard let unknown = json.names.first(where: { self.json[$0] == nil }) else { return }
        throw RetrievalError(.unknownRule, "the rule \(name) has no setting \"\(unknown)\"")
    }

    fileprivate static let readers = "readers"
}

extension ReaderVote {
    /// The settings that are numbers, by their names in files.
    fileprivate static var settings: [(name: String, path: WritableKeyPath<ReaderVote, Float>)] {
        [
            ("tower_weight", \.towerWeight), ("unrated", \.unrated), ("rarity", \.rarity),
            ("activity", \.activity), ("damping", \.damping), ("sharpness", \.sharpness),
        ]
    }

    fileprivate init(_ json: JSONObject) throws(RetrievalError) {
        self.init()
        guard let count = json[ServingRule.readers]?.integerValue,
            (1...Self.readersMax).contains(count)
        else {
            throw RetrievalError(
                .unknownRule,
                "\"\(ServingRule.readers)\" must be a whole number from 1 to \(Self.readersMax)")
        }
        readers = count
        for setting in Self.settings {
            guard let value = json[setting.name]?.doubleValue,
                (0...Self.settingMax).contains(value)
            else {
                throw RetrievalError(
                    .unknownRule,
                    "\"\(setting.name)\" must be a number from 0 to \(Self.settingMax)")
            }
            self[keyPath: setting.path] = Float(value)
        }
    }
}
