import JSON

/// A question with its known answer: warm-up and acceptance test of a bundle at once.
package struct GoldenQuery: Sendable, Hashable {
    /// Dense item indices that are asked with; empty where a reader asks.
    package let items: [Int]
    /// The dense index of the reader whose best predictions are asked for, in a bundle of a kind
    /// that predicts ratings; nil elsewhere.
    package let reader: Int?
    /// Dense item indices that must come back, best first.
    package let expected: [Int]

    package init(items: [Int], reader: Int? = nil, expected: [Int]) {
        self.items = items
        self.reader = reader
        self.expected = expected
    }
}

/// The golden queries of a bundle, and how exactly they must be met.
package struct GoldenQueries: Sendable, Hashable {
    package let queries: [GoldenQuery]
    /// The share of each expected list that must be found, in 0...1; 1 demands order as well.
    ///
    /// Scores are sums of floats; another processor may round them differently and exchange
    /// neighbours, so a bundle may ask for less than everything.
    package let overlapMin: Double

    package init(queries: [GoldenQuery], overlapMin: Double) {
        self.queries = queries
        self.overlapMin = overlapMin
    }

    package func encoded() -> [UInt8] {
        let value: JSONValue = [
            "overlap_min": JSONValue(overlapMin),
            "queries": .array(
                queries.map { query in
                    var object: JSONObject = [
                        "items": .array(query.items.map { JSONValue($0) })
                    ]
                    if let reader = query.reader { object["reader"] = JSONValue(reader) }
                    object["expected"] = .array(query.expected.map { JSONValue($0) })
                    return .object(object)
                }),
        ]
        return value.encodedForReading()
    }

    /// - Throws: `.malformed` unless every index lies in `0..<itemCount`, a reader's in
    ///   `0..<readerCount`.
    package init(
        parsing bytes: [UInt8], itemCount: Int, readerCount: Int
    ) throws(BundleError) {
        guard bytes.count <= BundleLimits.goldenBytesMax else {
            throw BundleError(
                .limitExceeded,
                "the golden queries have \(bytes.count) bytes, the limit is "
                    + "\(BundleLimits.goldenBytesMax)")
        }
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONValue(
                parsing: bytes,
                limits: JSONLimits(
                    depthMax: BundleLimits.depthMax, valueCountMax: BundleLimits.valueCountMax))
        } catch {
            throw BundleError(.malformed, "the golden queries: \(error.message)", cause: error)
        }
        guard let overlap = root["overlap_min"]?.doubleValue, (0...1).contains(overlap),
            let queries = root["queries"]?.arrayValue
        else { throw BundleError(.malformed, "the golden queries have no overlap or no list") }
        overlapMin = overlap
        self.queries = try queries.map { query throws(BundleError) in
            GoldenQuery(
                items: try Self.indices(query["items"], itemCount: itemCount),
                reader: try query["reader"].map { reader throws(BundleError) in
                    guard let index = reader.integerValue, (0..<readerCount).contains(index) else {
                        throw BundleError(
                            .malformed, "a golden query names a reader who does not exist")
                    }
                    return index
                },
                expected: try Self.indices(query["expected"], itemCount: itemCount))
        }
    }

    private static func indices(_ value: JSONValue?, itemCount: Int) throws(BundleError) -> [Int] {
        let indices = value?.arrayValue?.map(\.integerValue) ?? [nil]
        return try indices.map { index throws(BundleError) in
            guard let index, 0 <= index, index < itemCount else {
                throw BundleError(.malformed, "a golden query names an item that does not exist")
            }
            return index
        }
    }

    /// Whether an answer is close enough to what was expected.
    package func isMet(_ query: GoldenQuery, by answer: [Int]) -> Bool {
        if overlapMin == 1 { return answer == query.expected }
        let found = Set(answer).intersection(query.expected).count
        return Double(found) >= overlapMin * Double(query.expected.count)
    }
}
