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

    /// What readers share with the question.
    private struct Shares {
        /// For each reader the weight of the shared items, 0 for most.
        var weights: [Float]
        var masks: [UInt64]
        /// Readers who share something, each once.
        var readers: [Int32] = []
    }

    private let readership: Readership
    /// Nil for a model that has no towers.
    private let tower: TwoTowerModel?
    private let liked: [ItemIndex]
    private let weights: ElectionWeights
    private var voters: [Voter] = []

    private static let maskBitLast = UInt64.bitWidth - 1

    init(
        _ readership: Readership, tower: TwoTowerModel?, _ liked: [ItemIndex],
        _ weights: ElectionWeights
    ) {
        self.readership = readership
        self.tower = tower
        self.liked = liked
        self.weights = weights
        voters = elect(shares())
    }

    func scores() -> [Float] {
        var scores = [Float](repeating: 0, count: readership.parts.itemCount)
        forEachVote { item, weight, _ in scores[Int(item)] += weight }
        return zip(scores, weights.damping).map(*)
    }

    /// What the voters who share each liked item weigh; the nearer embedding breaks ties.
    func support(of items: [Int32]) -> [[Float]] {
        let none: Int32 = -1
        var places = [Int32](repeating: none, count: readership.parts.itemCount)
        var support = items.enumerated().map { place, item in
            places[Int(item)] = Int32(place)
            return liked.map { liked in
                tower.map {
                    $0.similarity(ItemIndex(rawValue: item), liked) * Float.ulpOfOne
                } ?? 0
            }
        }
        forEachVote { item, weight, voter in
            let place = places[Int(item)]
            guard place != none, voter.shared != 0 else { return }
            for position in liked.indices {
                let bit = UInt64(min(position, Self.maskBitLast))
                if voter.shared >> bit & 1 != 0 { support[Int(place)][position] += weight }
            }
        }
        return support
    }

    private func shares() -> Shares {
        let count = readership.parts.readerCount
        var shares = Shares(
            weights: [Float](repeating: 0, count: count),
            masks: [UInt64](repeating: 0, count: count))
        for (position, item) in liked.enumerated() {
            let bit: UInt64 = 1 << UInt64(min(position, Self.maskBitLast))
            let rated = weights.rarity[item.place]
            let unrated = rated * weights.vote.unrated
            let start = Int(readership.itemReaderOffsets[item.place])
            for place in start..<start + readership.readerCount(of: item.place) {
                let reader = Int(readership.itemReaders[place])
                if shares.masks[reader] == 0 { shares.readers.append(Int32(reader)) }
                shares.weights[reader] += readership.itemReaderHasRated[place] ? rated : unrated
                shares.masks[reader] |= bit
            }
        }
        return shares
    }

    /// Finds the readers who vote, in the order of their indices: sums must have one order.
    private func elect(_ shares: Shares) -> [Voter] {
        var top = TopScores(capacity: weights.vote.readers)
        if let tower, weights.vote.towerWeight > 0 {
            offer(tower, shares, &top)
        } else {
            for reader in shares.readers {
                let place = Int(reader)
                top.offer(shares.weights[place] * weights.activity[place], at: reader)
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

    private func offer(_ model: TwoTowerModel, _ shares: Shares, _ top: inout TopScores) {
        let query = model.query(of: liked)
        let length = VectorKernels.dot(query, query, query.count).squareRoot()
        let scale = length > 0 ? weights.vote.towerWeight / length : 0
        model.forEachReader(query) { reader, product in
            let place = Int(reader)
            let cosine = max(0, product) / model.readerNorms[place]
            top.offer(
                shares.weights[place] * weights.activity[place] + scale * cosine, at: reader)
        }
    }

    /// Calls the body with each item of each voter and what the vote weighs.
    @inline(__always)
    private func forEachVote(_ body: (Int32, Float, Voter) -> Void) {
        for voter in voters {
            let unrated = voter.weight * weights.vote.unrated
            readership.parts.forEachItem(of: voter.reader) { item, rating in
                body(item, rating > 0 ? voter.weight : unrated, voter)
            }
        }
    }
}
