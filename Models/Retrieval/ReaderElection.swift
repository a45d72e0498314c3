import Identifiers
import Kernels

/// One question put to the vote of the nearest readers.
///
/// Letters: Q the liked items, I(r) the items of reader r, n(i) how many readers have item i,
/// w(r, i) 1 if r rated i and `unrated` if not, c(r) the cosine of the query and r's embedding.
///
///     similarity(r) = |I(r)|^-activity sum over q in Q and I(r) of w(r, q) n(q)^-rarity
///                     + towerWeight max(0, c(r))
///     score(i)      = n(i)^-damping sum over voting r with i in I(r) of
///                     w(r, i) similarity(r)^sharpness
///
/// The first term is a neighbourhood of readers in which rare items weigh more and readers of
/// everything weigh less (Herlocker et al. 1999, with the exponents left free); the second brings
/// in readers who share no item, only a taste.
struct ReaderElection: Opinion {
    private struct Voter {
        let reader: Int32
        let weight: Float
        /// Bit q is set if the reader has liked item q; the last bit stands for all beyond it.
        let shared: UInt64
    }

    private let readership: Readership
    /// Nil where the embedding does not count.
    private let tower: ReaderTower?
    private let liked: [ItemIndex]
    private let weights: ElectionWeights
    private var voters: [Voter] = []

    /// - Parameter shares: Empty, and so again afterwards.
    init(
        _ readership: Readership, tower: ReaderTower?, _ liked: [ItemIndex],
        _ weights: ElectionWeights, shares: inout ReaderShares
    ) {
        self.readership = readership
        self.tower = tower
        self.liked = liked
        self.weights = weights
        shares.add(liked, readership, weights)
        voters = elect(shares)
        shares.clear()
    }

    func score(into scores: inout ItemScores) {
        readership.parts.withRows { rows in
            scores.add(
                voters.lazy.map {
                    (reader: $0.reader, rated: $0.weight, unrated: $0.weight * weights.vote.unrated)
                }, rows)
        }
        scores.multiply(by: weights.damping)
    }

    /// What the voters who share each liked item weigh; the nearer embedding breaks ties.
    func support(of items: [Int32], places: inout [Int32]) -> [[Float]] {
        for (place, item) in items.enumerated() { places[Int(item)] = Int32(place) }
        var support =
            tower.map { tower in
                tower.model.similarities(of: items, to: liked).map {
                    $0.map { $0 * Float.ulpOfOne }
                }
            } ?? items.map { _ in liked.map { _ in 0 } }
        defer { for item in items { places[Int(item)] = ServingScratch.noPlace } }
        readership.parts.withRows { rows in
            places.withUnsafeBufferPointer { places in
                for voter in voters where voter.shared != 0 {
                    forEachVote(of: voter, rows) { item, weight in
                        let place = places[Int(item)]
                        guard place != ServingScratch.noPlace else { return }
                        for position in liked.indices {
                            let bit = UInt64(min(position, ReaderShares.bitLast))
                            if voter.shared >> bit & 1 != 0 {
                                support[Int(place)][position] += weight
                            }
                        }
                    }
                }
            }
        }
        return support
    }

    /// Finds the readers who vote, in the order of their indices: sums must have one order.
    private func elect(_ shares: ReaderShares) -> [Voter] {
        var top = TopScores(capacity: weights.vote.readers)
        if let tower {
            tower.offer(shares, liked, weights, to: &top)
        } else {
            for reader in shares.readers {
                top.offer(shares.similarity(of: reader, weights), at: reader)
            }
        }
        return top.ranked().lazy.filter { $0.score > 0 }
            .map { entry in
                Voter(
                    reader: entry.index, weight: Powers.of(entry.score, to: weights.vote.sharpness),
                    shared: shares.masks[Int(entry.index)])
            }
            .sorted { $0.reader < $1.reader }
    }

    /// Calls the body with each item of a voter and what the vote weighs.
    @inline(__always)
    private func forEachVote(
        of voter: Voter, _ rows: ReaderRows, _ body: (Int32, Float) -> Void
    ) {
        let unrated = voter.weight * weights.vote.unrated
        rows.forEachItem(of: voter.reader) { item, rating in
            body(item, rating > 0 ? voter.weight : unrated)
        }
    }
}

/// What readers share with a question, most of them nothing.
///
/// Invariant: `readers` lists each reader whose mask is not 0 once.
struct ReaderShares: Sendable {
    /// Sum over the shared items of w(r, q) n(q)^-rarity: shape (readers).
    private(set) var weights: [Float]
    /// Bit q is set if the reader has liked item q: shape (readers).
    private(set) var masks: [UInt64]
    private(set) var readers: [Int32] = []

    static let bitLast = UInt64.bitWidth - 1

    init(readerCount: Int) {
        weights = [Float](repeating: 0, count: readerCount)
        masks = [UInt64](repeating: 0, count: readerCount)
    }

    mutating func add(
        _ liked: [ItemIndex], _ readership: Readership, _ election: ElectionWeights
    ) {
        for (position, item) in liked.enumerated() {
            let bit: UInt64 = 1 << UInt64(min(position, Self.bitLast))
            let rated = election.rarity[item.place]
            let unrated = rated * election.vote.unrated
            let start = Int(readership.itemReaderOffsets[item.place])
            for place in start..<start + readership.readerCount(of: item.place) {
                let reader = Int(readership.itemReaders[place])
                if masks[reader] == 0 { readers.append(Int32(reader)) }
                weights[reader] += readership.itemReaderHasRated[place] ? rated : unrated
                masks[reader] |= bit
            }
        }
    }

    /// The first term of a reader's similarity.
    @inline(__always)
    func similarity(of reader: Int32, _ election: ElectionWeights) -> Float {
        weights[Int(reader)] * election.activity[Int(reader)]
    }

    mutating func clear() {
        for reader in readers {
            weights[Int(reader)] = 0
            masks[Int(reader)] = 0
        }
        readers.removeAll(keepingCapacity: true)
    }
}
