import JSON

/// A setting of a rule: its name in files, and what it may be.
private struct Setting<Rule> {
    let name: String
    let path: WritableKeyPath<Rule, Float>
    let range: ClosedRange<Double>

    init(
        _ name: String, _ path: WritableKeyPath<Rule, Float>, _ range: ClosedRange<Double> = 0...10
    ) {
        self.name = name
        self.path = path
        self.range = range
    }

    func read(_ json: JSONObject, into rule: inout Rule) throws(RetrievalError) {
        guard let value = json[name]?.doubleValue, range.contains(value) else {
            throw RetrievalError(
                .unknownRule,
                "\"\(name)\" must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        rule[keyPath: path] = Float(value)
    }

    func write(_ rule: Rule, into json: inout JSONObject) {
        let value = rule[keyPath: path]
        // The shortest digits that mean this float: 0.1, not 0.10000000149.
        json[name] = JSONValue(Double(value.description) ?? Double(value))
    }
}

extension ReaderVote {
    fileprivate static let readersName = "readers"
    fileprivate static var settings: [Setting<ReaderVote>] {
        [
            Setting("tower_weight", \.towerWeight), Setting("unrated", \.unrated),
            Setting("rarity", \.rarity), Setting("activity", \.activity),
            Setting("damping", \.damping), Setting("sharpness", \.sharpness),
        ]
    }

    fileprivate init(_ json: JSONObject) throws(RetrievalError) {
        self.init()
        guard let count = json[Self.readersName]?.integerValue,
            (1...Self.readersMax).contains(count)
        else {
            throw RetrievalError(
                .unknownRule,
                "\"\(Self.readersName)\" must be a whole number from 1 to \(Self.readersMax)")
        }
        readers = count
        for setting in Self.settings { try setting.read(json, into: &self) }
    }
}

extension ItemSum {
    fileprivate static var settings: [Setting<ItemSum>] {
        [Setting("locality", \.locality), Setting("damping", \.damping)]
    }

    fileprivate init(_ json: JSONObject) throws(RetrievalError) {
        self.init()
        for setting in Self.settings { try setting.read(json, into: &self) }
    }
}

extension FoldIn {
    fileprivate static var settings: [Setting<FoldIn>] {
        [
            Setting("unobserved", \.unobserved, 0...1_000),
            Setting("regularisation", \.regularisation, 1e-6...1e6),
            Setting("damping", \.damping),
        ]
    }

    fileprivate init(_ json: JSONObject) throws(RetrievalError) {
        self.init()
        for setting in Self.settings { try setting.read(json, into: &self) }
    }
}

extension BlendPart {
    fileprivate static let weightName = "weight"

    fileprivate var json: JSONObject {
        var json = rule.json
        Setting(Self.weightName, \BlendPart.weight).write(self, into: &json)
        return json
    }

    fileprivate init(_ value: JSONValue) throws(RetrievalError) {
        guard var json = value.objectValue else {
            throw RetrievalError(.unknownRule, "a blend is a list of rules")
        }
        self.init(weight: 0, rule: .popularity)
        try Setting(Self.weightName, \BlendPart.weight).read(json, into: &self)
        json[Self.weightName] = nil
        rule = try ServingRule(json)
        switch rule {
        case .readerVote, .itemSum, .foldIn: return
        case .nearestReader, .popularity, .blend:
            throw RetrievalError(.unknownRule, "the rule \(rule.name) cannot be part of a blend")
        }
    }
}

extension ServingRule {
    /// The name that recipes, manifests and reports use.
    package var name: String {
        switch self {
        case .nearestReader: "nearest-reader"
        case .readerVote: "reader-vote"
        case .itemSum: "item-sum"
        case .foldIn: "fold-in"
        case .blend: "blend"
        case .popularity: "popularity"
        }
    }

    private static let partsName = "parts"

    /// The rule as the manifest carries it.
    package var json: JSONObject {
        var json: JSONObject = ["rule": .string(name)]
        switch self {
        case .nearestReader, .popularity: break
        case .readerVote(let vote):
            json[ReaderVote.readersName] = JSONValue(vote.readers)
            for setting in ReaderVote.settings { setting.write(vote, into: &json) }
        case .itemSum(let sum):
            for setting in ItemSum.settings { setting.write(sum, into: &json) }
        case .foldIn(let foldIn):
            for setting in FoldIn.settings { setting.write(foldIn, into: &json) }
        case .blend(let parts):
            json[Self.partsName] = .array(parts.map { .object($0.json) })
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
        case "item-sum": self = .itemSum(try ItemSum(json))
        case "fold-in": self = .foldIn(try FoldIn(json))
        case "blend": self = .blend(try Self.parts(json[Self.partsName]))
        default:
            throw RetrievalError(
                .unknownRule,
                "a serving rule is nearest-reader, reader-vote, item-sum, fold-in, blend or "
                    + "popularity")
        }
        guard let unknown = json.names.first(where: { self.json[$0] == nil }) else { return }
        throw RetrievalError(.unknownRule, "the rule \(name) has no setting \"\(unknown)\"")
    }

    private static func parts(_ value: JSONValue?) throws(RetrievalError) -> [BlendPart] {
        guard let values = value?.arrayValue, (1...BlendPart.countMax).contains(values.count) else {
            throw RetrievalError(
                .unknownRule,
                "\"\(partsName)\" must be a list of 1 to \(BlendPart.countMax) rules")
        }
        return try values.map { value throws(RetrievalError) in try BlendPart(value) }
    }
}
