import Foundation
import Identifiers
import Kernels

/// One question put to the vote of the nearest readers.
///
/// Letters: Q the liked items, I(r) the items of reader r, n(i) how many readers have item i, c(r)
/// the cosine of the query and r's embedding.
///
///     similarity(r) = sum over q in Q and I(r) of n(q)^-rarity / sqrt(|I(r)|)
///                     + towerWeight max(0, c(r)) / sqrt(|Q|)
///     score(i)      = n(i)^-damping sum over voting r with i in I(r) of similarity(r)^sharpness
///
/// The first term is the cosine of user-based neighbourhoods with rare items weighing more
/// (Herlocker et al. 1999); the second brings in readers who share no item, only a taste.
struct ReaderElection {
    private struct Voter {
        let reader: Int32
        let weight: Float
        /// Bit q is set if the reader has liked item q; questions have at most 64 items in it.
        let shared: UInt64
    }

    private let model: TwoTowerModel
    private let liked: [ItemIndex]
    private let vote: ReaderVote
    private var voters: [Voter] = []

    init(_ model: TwoTowerModel, _ liked: [ItemIndex], _ vote: ReaderVote) {
        self.model = model
        self.liked = liked
        self.vote = vote
        voters = elect()
    }

    /// The items with most votes, best first, filled up with popular ones if too few got any.
    func winners(_ limit: Int) -> [RankedItem] {
        var scores: [Int32: Float] = [:]
        forEachVote { item, voter in scores[item, default: 0] += voter.weight }
        for item in liked { scores[item.rawValue] = nil }

        var top = TopScores(capacity: limit)
        model.parts.itemCounts.withBuffer { counts in
            for (item, score) in scores {
                top.offer(score * power(Float(max(1, counts[Int(item)])), -vote.damping), at: item)
            }
        }
        let ranked = top.ranked()
        let reasons = companions(of: ranked.map(\.index))
        var winners = ranked.map { entry in
            RankedItem(
                item: ItemIndex(rawValue: entry.index), score: entry.score,
                because: reasons[entry.index] ?? liked[0])
        }
        fillUp(&winners, to: limit, without: scores)
        return winners
    }

    /// Finds the readers who vote, in the order of their indices.
    private func elect() -> [Voter] {
        var shared: [Int32: (weight: Float, mask: UInt64)] = [:]
        model.parts.itemCounts.withBuffer { counts in
            for (position, item) in liked.enumerated() {
                let weight = power(Float(max(1, counts[item.place])), -vote.rarity)
                let start = Int(model.itemReaderOffsets[item.place])
                let end = Int(model.itemReaderOffsets[item.place + 1])
                for reader in model.itemReaders[start..<end] {
                    let before = shared[reader] ?? (0, 0)
                    shared[reader] = (
                        before.weight + weight, before.mask | 1 << UInt64(min(position, 63))
                    )
                }
            }
        }
        var top = TopScores(capacity: vote.readers)
        model.parts.offsets.withBuffer { offsets in
            if vote.towerWeight > 0 {
                offerTower(shared, offsets, &top)
            } else {
                for (reader, value) in shared {
                    top.offer(similarity(value.weight, reader, offsets), at: reader)
                }
            }
        }
        return top.ranked().lazy.filter { $0.score > 0 }
            .map { entry in
                Voter(
                    reader: entry.index, weight: power(entry.score, vote.sharpness),
                    shared: shared[entry.index]?.mask ?? 0)
            }
            .sorted { $0.reader < $1.reader }
    }

    private func offerTower(
        _ shared: [Int32: (weight: Float, mask: UInt64)], _ offsets: UnsafeBufferPointer<Int64>,
        _ top: inout TopScores
    ) {
        let query = model.query(of: liked)
        let square = VectorKernels.dot(query, query, query.count)
        let scale =
            square > 0 ? vote.towerWeight / (square * Float(liked.count)).squareRoot() : 0
        model.forEachReader(query) { reader, product in
            let cosine = max(0, product) / model.readerNorms[Int(reader)]
            let overlap = shared.isEmpty ? nil : shared[reader]
            let sharing = overlap.map { similarity($0.weight, reader, offsets) } ?? 0
            top.offer(sharing + scale * cosine, at: reader)
        }
    }

    private func similarity(
        _ weight: Float, _ reader: Int32, _ offsets: UnsafeBufferPointer<Int64>
    ) -> Float {
        let count = offsets[Int(reader) + 1] - offsets[Int(reader)]
        return weight / Float(max(1, count)).squareRoot()
    }

    /// Calls the body with each item of each voter.
    @inline(__always)
    private func forEachVote(_ body: (Int32, Voter) -> Void) {
        model.parts.offsets.withBuffer { offsets in
            model.parts.items.withBuffer { items in
                for voter in voters {
                    let start = Int(offsets[Int(voter.reader)])
                    let end = Int(offsets[Int(voter.reader) + 1])
                    for place in start..<end { body(items[place], voter) }
                }
            }
        }
    }

    /// For each item the liked one that its voters share most; the nearer embedding breaks ties.
    private func companions(of items: [Int32]) -> [Int32: ItemIndex] {
        var weights: [Int32: [Float]] = Dictionary(
            uniqueKeysWithValues: items.map { item in
                let similarities = liked.map {
                    model.similarity(ItemIndex(rawValue: item), $0) * Float.ulpOfOne
                }
                return (item, similarities)
            })
        forEachVote { item, voter in
            guard voter.shared != 0, weights[item] != nil else { return }
            for position in liked.indices where voter.shared & 1 << UInt64(min(position, 63)) != 0 {
                weights[item]?[position] += voter.weight
            }
        }
        return weights.mapValues { weights in
            var best = 0
            for position in weights.indices where weights[position] > weights[best] {
                best = position
            }
            return liked[best]
        }
    }

    private func fillUp(
        _ winners: inout [RankedItem], to limit: Int, without scores: [Int32: Float]
    ) {
        for item in model.popularItems where winners.count < limit {
            let item = ItemIndex(rawValue: item)
            guard scores[item.rawValue] == nil, !liked.contains(item) else { continue }
            winners.append(RankedItem(item: item, score: 0, because: liked[0]))
        }
    }

    @inline(__always)
    private func power(_ base: Float, _ exponent: Float) -> Float {
        exponent == 0 ? 1 : exponent == 1 ? base : pow(base, exponent)
    }
}
