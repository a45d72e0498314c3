import Foundation

/// The powers that a vote needs again and again, computed once for a model.
struct ElectionWeights: Sendable {
    let vote: ReaderVote
    /// n(i)^-rarity of each item.
    let rarity: [Float]
    /// n(i)^-damping of each item.
    let damping: [Float]
    /// |I(r)|^-activity of each reader.
    let activity: [Float]

    init(_ model: TwoTowerModel, _ vote: ReaderVote) {
        self.vote = vote
        let items = (0..<model.parts.itemCount).map { model.readerCount(of: $0) }
        rarity = Self.powers(of: items, vote.rarity)
        damping = Self.powers(of: items, vote.damping)
        activity = model.parts.offsets.withBuffer { offsets in
            Self.powers(
                of: zip(offsets, offsets.dropFirst()).map { Int($1 - $0) }, vote.activity)
        }
    }

    private static func powers(of counts: [Int], _ exponent: Float) -> [Float] {
        counts.map { exponent == 0 ? 1 : pow(Float(max(1, $0)), -exponent) }
    }
}
