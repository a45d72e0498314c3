import Identifiers
import Kernels

/// Ratings to learn from, to choose by and to judge by.
///
/// 1. Rows without a rating (0) take no part; row k is the k-th of the others.
/// 2. Rows are ordered by a hash of k alone. The first fifth, rounded up, is the test.
/// 3. The next rows of that order are for validation, as many as are asked for.
/// 4. The rest is trained on; within each part rows keep the order of the data.
///
/// Rules 1 and 2 are those of the evaluation protocol, which every peer follows too. A repeated
/// pair stands for two rows there; what the data set keeps of it, is split.
package struct RatingSplit: Sendable {
    package let training: RatedExamples
    package let validation: RatedExamples
    package let test: RatedExamples
    /// Everything but the test, in the order of the data.
    package let known: RatedExamples
    package let readerCount: Int
    package let itemCount: Int

    private enum Part: UInt8 { case training, validation, test }

    private static let testShare = 0.2
    /// The protocol's number for this split.
    private static let hashedPurpose: UInt64 = 1

    /// - Parameter validationShare: Of all rows that have a rating, in 0..<0.8.
    package init(_ interactions: Interactions, validationShare: Double) {
        let rated = interactions.rowRatings.indices.filter { interactions.rowRatings[$0] > 0 }
        let count = rated.count
        let testCount = Int((Self.testShare * Double(count)).rounded(.up))
        let validationCount = min(
            count - testCount, Int((validationShare * Double(count)).rounded(.up)))
        var parts = [Part](repeating: .training, count: count)
        for (rank, row) in Self.order(count).prefix(testCount + validationCount).enumerated() {
            parts[Int(row)] = rank < testCount ? .test : .validation
        }
        func examples(_ isWanted: (Part) -> Bool) -> RatedExamples {
            let rows = zip(rated, parts).filter { isWanted($0.1) }.map(\.0)
            return RatedExamples(
                readers: rows.map { interactions.rowReaders[$0].rawValue },
                items: rows.map { interactions.rowItems[$0].rawValue },
                ratings: rows.map { interactions.rowRatings[$0] })
        }
        training = examples { $0 == .training }
        validation = examples { $0 == .validation }
        test = examples { $0 == .test }
        known = examples { $0 != .test }
        readerCount = interactions.readers.count
        itemCount = interactions.items.count
    }

    /// The rows by their hashes; of equals the smaller first.
    private static func order(_ count: Int) -> [Int32] {
        let hashed = (0..<count).map { row in
            (hash: ProtocolHash.of(hashedPurpose, UInt64(row)), row: Int32(row))
        }
        return hashed.sorted { left, right in
            left.hash != right.hash ? left.hash < right.hash : left.row < right.row
        }.map(\.row)
    }

    /// A split that somebody made before, without validation rows.
    init(known: RatedExamples, test: RatedExamples, readerCount: Int, itemCount: Int) {
        training = known
        validation = RatedExamples(readers: [], items: [], ratings: [])
        self.test = test
        self.known = known
        self.readerCount = readerCount
        self.itemCount = itemCount
    }
}
